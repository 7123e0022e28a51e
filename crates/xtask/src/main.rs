//! `cargo xtask <command>`: everything a developer does with this repository. The standard library only, so that the first command
//! on a fresh machine starts working after seconds.
//!
//! `commands/` has one file per command. What they share: [`steps`] numbers and times what is going on, [`program`] runs other
//! programs, [`install`] gets what a machine lacks, [`stamp`] remembers what need not be done again.

#![expect(
    clippy::disallowed_methods,
    reason = "a developer's environment is this program's settings"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to the terminal"
)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod commands;
mod dependencies;
mod disposable_database;
mod failure;
mod install;
mod program;
mod stamp;
mod steps;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match commands::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
