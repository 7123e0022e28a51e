//! What may come into the program: `deny.toml` says it, for `cargo deny` and for us. Building that tool takes minutes of every CI run,
//! so its three checks that need no network are done here on `Cargo.lock` and `cargo tree`; where the tool is installed, it runs too.

mod licences;
mod lock_file;
mod policy;
mod unused;

use std::fs;

use crate::failure::{Failure, Outcome, fail};
use crate::program::{self, Program};
use crate::workspace;

pub fn check() -> Outcome {
    let policy_file = workspace::path("deny.toml");
    let lock_file = workspace::path("Cargo.lock");
    let policy = policy::read(&fs::read_to_string(&policy_file).map_err(Failure::io("reading", &policy_file))?)?;
    let lock = fs::read_to_string(&lock_file).map_err(Failure::io("reading", &lock_file))?;

    let mut problems = lock_file::problems(&lock, &policy.banned);
    problems.extend(licences::problems(&tree()?, &policy.licences, &policy.exceptions));
    problems.extend(unused::problems()?);
    if !problems.is_empty() {
        fail!("dependencies:\n  {}", problems.join("\n  "));
    }
    if program::find("cargo-deny").is_some() {
        Program::cargo()
            .args(["deny", "check", "bans", "licenses", "sources"])
            .run()?;
    }
    Ok(())
}

/// Every package that ends up in one of our programs on any platform, one `name version|licence` per line.
fn tree() -> Outcome<String> {
    let arguments = [
        "tree",
        "--quiet",
        "--locked",
        "--workspace",
        "--target",
        "all",
        "--edges",
        "normal,build",
    ];
    Program::cargo()
        .args(arguments)
        .args(["--prefix", "none", "--format", "{p}|{l}"])
        .output()
}
