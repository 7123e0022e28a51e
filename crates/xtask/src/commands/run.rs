//! `cargo xtask run`: from a fresh clone to a running program, and in seconds the next time.

use std::os::unix::process::CommandExt as _;
use std::thread;

use super::{console, split_at_dashes};
use crate::failure::{Failure, Outcome, fail};
use crate::install::{self, Need};
use crate::program::Program;
use crate::steps::Steps;
use crate::workspace;

/// Of `Cargo.toml`: compiled quickly.
const PROFILE: &str = "quick";

pub fn run(arguments: &[String]) -> Outcome {
    let (ours, theirs) = split_at_dashes(arguments);
    let demo = match ours {
        [] => false,
        [flag] if flag == "--demo" => true,
        _ => fail!("usage: cargo xtask run [--demo] [-- <arguments of inventiv serve>]"),
    };
    let program = workspace::target().join(PROFILE).join("inventiv");
    announce(program.exists());

    let mut steps = Steps::new(4);
    steps.step("Look for Node and PostgreSQL", || {
        install::check_node()?;
        install::system_packages(&[Need::PostgreSql])
    })?;
    steps.step("Build the console and the server", console_and_server)?;
    steps.step("Build the program", || compile(&[]))?;
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
        println!("Starting Inventiv for the first time. Everything is built now, which takes some minutes.");
        println!("The next start takes seconds.");
    }
}

/// Side by side: of all that is compiled only the program itself, which embeds the console, has to wait for it.
fn console_and_server() -> Outcome {
    thread::scope(|scope| {
        let console = scope.spawn(|| console::build().inspect_err(|failure| eprintln!("      the console: {failure}")));
        let server = compile(&["--lib", "--bin", "inventiv-worker"]);
        let console = console
            .join()
            .unwrap_or_else(|_| Err(Failure::new("building the console came to a sudden end")));
        server.and(console)
    })
}

/// `targets`: what of the packages, or all. The packages are the same each time: which features their dependencies have depends on it.
fn compile(targets: &[&str]) -> Outcome {
    let packages = ["inventiv-server", "inventiv-worker", "inventiv-cli"];
    Program::cargo()
        .args(["build", "--profile", PROFILE])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .args(targets)
        .run()
}
