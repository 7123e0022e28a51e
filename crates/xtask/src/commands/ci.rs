//! `cargo xtask ci`: what `.ci/run` is. A clean machine, no terminal, one exit code.

use super::{check, expect_none, test};
use crate::failure::{Failure, Outcome};
use crate::install;
use crate::program::Program;
use crate::steps::Steps;

pub fn run(arguments: &[String]) -> Outcome {
    expect_none(arguments)?;
    let mut steps = Steps::new(2 + check::STEPS + test::STEPS);
    let outcome = everything(&mut steps).and_then(|()| steps.verdict());
    println!("\n{}", steps.summary());
    match outcome {
        Ok(()) => {
            println!("\nEverything passed.");
            Ok(())
        }
        Err(failure) => Err(Failure::new(format!("CI failed\n{failure}"))),
    }
}

fn everything(steps: &mut Steps) -> Outcome {
    steps.step("System packages", || install::system_packages(&test::NEEDS))?;
    // Also says whether Cargo.lock agrees with the manifests.
    steps.step("Rust packages", || Program::cargo().args(["fetch", "--locked"]).run())?;
    check::all(steps)?;
    test::all(steps)
}
