//! `cargo xtask check`: everything that can be said about the code without running it.

use super::{expect_none, generate, sqlx_cache};
use crate::dependencies;
use crate::failure::Outcome;
use crate::install::{self, Need};
use crate::program::Program;
use crate::steps::Steps;

pub const STEPS: usize = 7;

pub fn run(arguments: &[String]) -> Outcome {
    expect_none(arguments)?;
    let mut steps = Steps::new(STEPS + 1);
    steps.step("Look for PostgreSQL", || install::system_packages(&[Need::PostgreSql]))?;
    all(&mut steps)?;
    println!("\n{}", steps.summary());
    Ok(())
}

/// Quick ones first. Needs PostgreSQL's programs.
pub fn all(steps: &mut Steps) -> Outcome {
    steps.step("Rust format", || {
        Program::cargo().args(["fmt", "--all", "--check"]).run()
    })?;
    steps.step("Dependencies: bans, licences, sources, unused", dependencies::check)?;
    steps.step("Front-end packages", || {
        install::node_packages("web")?;
        install::node_packages("e2e")
    })?;
    steps.step("Console: format, lint, types", || {
        Program::npm("web").args(["run", "--silent", "check"]).run()
    })?;
    steps.step("Journeys: format, lint, types", || {
        Program::npm("e2e").args(["run", "--silent", "check"]).run()
    })?;
    steps.step("Generated TypeScript types", || generate::types(generate::Mode::Check))?;
    steps.step("Rust lint; queries against the schema", sqlx_cache::lint_and_check)
}
