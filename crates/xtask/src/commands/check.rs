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
    steps.verdict()
}

/// Quick ones first; each runs whatever the others say, the verdict is the caller's. Needs PostgreSQL's programs.
///
/// # Errors
/// What several steps need could not be had.
pub fn all(steps: &mut Steps) -> Outcome {
    steps.attempt("Rust format", || {
        Program::cargo().args(["fmt", "--all", "--check"]).run()
    });
    steps.attempt(
        "Dependencies: unused, bans, duplicates, licences, sources",
        dependencies::check,
    );
    steps.step("Front-end packages", || {
        install::node_packages("web")?;
        install::node_packages("e2e")
    })?;
    steps.attempt("Console: format, lint, types", || package_check("web"));
    steps.attempt("Journeys: format, lint, types", || package_check("e2e"));
    steps.attempt("Generated TypeScript types", || generate::types(generate::Mode::Check));
    steps.attempt("Rust lint; queries against the schema", sqlx_cache::lint_and_check);
    Ok(())
}

fn package_check(directory: &str) -> Outcome {
    Program::npm(directory).args(["run", "--silent", "check"]).run()
}
