//! `cargo xtask gen`: everything that is made from something else and checked in all the same, so that reviews see it change.

use std::fs;

use super::sqlx_cache;
use crate::failure::{Failure, Outcome, fail};
use crate::install::{self, Need};
use crate::program::Program;
use crate::steps::Steps;
use crate::workspace;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Write,
    /// Change nothing and fail if something would change.
    Check,
}

type Generator = fn(Mode) -> Outcome;

/// In the order in which one is made from the other.
const OUTPUTS: [(&str, &str, Generator); 4] = [
    ("sqlx", "The query cache .sqlx", sqlx),
    ("openapi", "openapi.json", openapi),
    ("docs", "Generated documentation and the console's codes", docs),
    ("types", "The console's types", types),
];

const TYPES: &str = "web/src/api/schema.ts";

pub fn run(arguments: &[String]) -> Outcome {
    let (flags, names): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.starts_with("--"));
    let mode = match flags.as_slice() {
        [] => Mode::Write,
        [flag] if *flag == "--check" => Mode::Check,
        _ => fail!("usage: cargo xtask gen [--check] [sqlx|openapi|docs|types …]"),
    };
    if let Some(unknown) = names
        .iter()
        .find(|name| OUTPUTS.iter().all(|(known, _, _)| known != *name))
    {
        fail!("there is no output `{unknown}`: sqlx, openapi, docs, types");
    }
    let wanted: Vec<_> = OUTPUTS
        .iter()
        .filter(|(name, _, _)| names.is_empty() || names.iter().any(|wanted| *wanted == name))
        .collect();
    let mut steps = Steps::new(wanted.len());
    for (_, title, generate) in wanted {
        steps.step(title, || generate(mode))?;
    }
    Ok(())
}

fn sqlx(mode: Mode) -> Outcome {
    install::system_packages(&[Need::PostgreSql])?;
    sqlx_cache::refresh(mode)
}

fn openapi(mode: Mode) -> Outcome {
    let document = Program::cargo()
        .args(["run", "--quiet", "--package", "inventiv-cli", "--", "openapi"])
        .output()?;
    write_or_compare("openapi.json", &document, mode)
}

/// The tests that compare these files with the program write them when they are told to.
fn docs(mode: Mode) -> Outcome {
    let tests = Program::cargo().args([
        "test",
        "--quiet",
        "--package",
        "inventiv-server",
        "--test",
        "it",
        "contract",
    ]);
    match mode {
        Mode::Write => tests.env("INVENTIV_BLESS", "1").run(),
        Mode::Check => tests.without_env("INVENTIV_BLESS").run(),
    }
}

/// The console's TypeScript types, from `openapi.json`.
pub fn types(mode: Mode) -> Outcome {
    install::node_packages("web")?;
    if mode == Mode::Write {
        return Program::npm("web").args(["run", "--silent", "gen:api"]).run();
    }
    let fresh = workspace::scratch()?.join("schema.ts");
    Program::npx("web", "openapi-typescript")
        .args(["../openapi.json", "--output"])
        .args([&fresh])
        .run()?;
    let fresh = fs::read_to_string(&fresh).map_err(Failure::io("reading", &fresh))?;
    write_or_compare(TYPES, &fresh, Mode::Check)
}

fn write_or_compare(name: &str, fresh: &str, mode: Mode) -> Outcome {
    let path = workspace::path(name);
    if fs::read_to_string(&path).is_ok_and(|known| known == fresh) {
        println!("      {name} is as checked in");
        return Ok(());
    }
    if mode == Mode::Check {
        fail!("{name} is stale: run `cargo xtask gen` and commit the result");
    }
    fs::write(&path, fresh).map_err(Failure::io("writing", &path))?;
    println!("      {name} was rewritten");
    Ok(())
}
