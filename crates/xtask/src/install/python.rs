//! A Python environment with the pinned packages of the SDK tests, below `target/`.

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::program::Program;
use crate::stamp::Stamp;
use crate::workspace;

const REQUIREMENTS: &str = "e2e/sdk/requirements.txt";

/// The environment's Python.
pub fn interpreter() -> Outcome<PathBuf> {
    Ok(directory()?.join("bin/python"))
}

pub fn environment() -> Outcome {
    let stamp = Stamp::of("python", &[REQUIREMENTS])?;
    if stamp.is_fresh(&interpreter()?) {
        println!("      Python packages are up to date");
        return Ok(());
    }
    Program::new("python3")
        .args(["-m", "venv", "--clear"])
        .args([directory()?])
        .run()?;
    Program::new(interpreter()?)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
            REQUIREMENTS,
        ])
        .run()?;
    stamp.set()
}

fn directory() -> Outcome<PathBuf> {
    Ok(workspace::scratch()?.join("python"))
}
