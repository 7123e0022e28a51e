//! `cargo xtask run`: from a fresh clone to a running program, and in seconds the next time.

use std::os::unix::process::CommandExt as _;

use super::{console, split_at_dashes};
use crate::failure::{Failure, Outcome, fail};
use crate::install::{self, Need};
use crate::program::Program;
use crate::steps::Steps;
use crate::workspace;

pub fn run(arguments: &[String]) -> Outcome {
    let (ours, theirs) = split_at_dashes(arguments);
    let demo = match ours {
        [] => false,
        [flag] if flag == "--demo" => true,
        _ => fail!("usage: cargo xtask run [--demo] [-- <arguments of inventiv serve>]"),
    };
    let program = workspace::target().join("release/inventiv");
    announce(program.exists());

    let mut steps = Steps::new(4);
    steps.step("Look for PostgreSQL", || install::system_packages(&[Need::PostgreSql]))?;
    steps.step("Build the console", console::build)?;
    steps.step("Build the release program", build_release)?;
    steps.step("Start", || {
        let command = if demo { "demo" } else { "serve" };
        // The program takes our place: the terminal's signals reach it directly.
        let error = Program::new(&program)
            .args([command])
            .args(theirs)
            .into_command()
            .exec();
        Err(Failure::new(format!(
            "{} could not be started: {error}",
            program.display()
        )))
    })
}

/// Measured on two cores without anything else to do.
fn announce(built_before: bool) {
    if built_before {
        println!(
            "Starting Inventiv. What changed since the last time is built first; when nothing did, this takes seconds."
        );
    } else {
        println!(
            "Starting Inventiv for the first time. Everything is built now: 6 to 10 minutes on two cores, less on more."
        );
        println!("The next start takes seconds.");
    }
}

fn build_release() -> Outcome {
    let packages = ["--package", "inventiv-cli", "--package", "inventiv-worker"];
    Program::cargo().args(["build", "--release"]).args(packages).run()
}
