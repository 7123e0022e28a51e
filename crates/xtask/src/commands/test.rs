//! `cargo xtask test`: every test there is, or some kinds of them.

use super::{console, split_at_dashes};
use crate::failure::{Outcome, fail};
use crate::install::{self, Need};
use crate::program::Program;
use crate::steps::Steps;
use crate::workspace;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rust,
    Web,
    /// Browser journeys against the real program.
    E2e,
    /// OpenAI's own SDKs against the gateway.
    Sdk,
}

const KINDS: [(&str, Kind); 4] = [
    ("rust", Kind::Rust),
    ("web", Kind::Web),
    ("e2e", Kind::E2e),
    ("sdk", Kind::Sdk),
];

/// What `all` needs from the system.
pub const NEEDS: [Need; 4] = [Need::PostgreSql, Need::Chromium, Need::Fonts, Need::PythonVenv];
pub const STEPS: usize = 5;

pub fn run(arguments: &[String]) -> Outcome {
    let (names, theirs) = split_at_dashes(arguments);
    let mut kinds = Vec::new();
    for name in names {
        match KINDS.iter().find(|(known, _)| known == name) {
            Some((_, kind)) => kinds.push(*kind),
            None => fail!("there are no tests `{name}`: rust, web, e2e, sdk"),
        }
    }
    if kinds.len() != 1 && !theirs.is_empty() {
        fail!("arguments after `--` need exactly one kind of tests: rust, web, e2e or sdk");
    }
    if kinds.is_empty() {
        let mut steps = Steps::new(STEPS + 1);
        steps.step("System packages", || install::system_packages(&NEEDS))?;
        let outcome = all(&mut steps);
        println!("\n{}", steps.summary());
        return outcome.and(steps.verdict());
    }
    let mut steps = Steps::new(kinds.len() * 2);
    for kind in kinds {
        one_kind(&mut steps, kind, theirs)?;
    }
    Ok(())
}

/// `cargo xtask e2e`
pub fn e2e(arguments: &[String]) -> Outcome {
    let (names, theirs) = split_at_dashes(arguments);
    super::expect_none(names)?;
    one_kind(&mut Steps::new(2), Kind::E2e, theirs)
}

/// Every test, with what they need of ours; each kind runs whatever the others say, the verdict is the caller's. Needs [`NEEDS`].
///
/// # Errors
/// What several kinds need could not be had.
pub fn all(steps: &mut Steps) -> Outcome {
    steps.attempt("Console tests", || {
        install::node_packages("web")?;
        vitest(&[])
    });
    steps.step("Build the console", console::build)?;
    steps.step("Build programs and tests (development profile)", build_all)?;
    steps.attempt("Rust tests", || cargo_test(&["--no-fail-fast".to_owned()]));
    steps.attempt("Browser journeys and OpenAI SDKs", || {
        install::node_packages("e2e")?;
        install::SDK.prepare()?;
        playwright(&["journeys", "sdk"], &[])
    });
    Ok(())
}

fn one_kind(steps: &mut Steps, kind: Kind, arguments: &[String]) -> Outcome {
    steps.step("What the tests need", || match kind {
        Kind::Rust => {
            install::system_packages(&[Need::PostgreSql])?;
            // Servers under test start real workers.
            Program::cargo().args(["build", "--package", "inventiv-worker"]).run()
        }
        Kind::Web => install::node_packages("web"),
        Kind::E2e => {
            install::system_packages(&[Need::PostgreSql, Need::Chromium, Need::Fonts])?;
            prepare_journeys()
        }
        Kind::Sdk => {
            install::system_packages(&[Need::PostgreSql, Need::PythonVenv])?;
            install::SDK.prepare()?;
            prepare_journeys()
        }
    })?;
    match kind {
        Kind::Rust => steps.step("Rust tests", || cargo_test(arguments)),
        Kind::Web => steps.step("Console tests", || vitest(arguments)),
        Kind::E2e => steps.step("Browser journeys", || playwright(&["journeys"], arguments)),
        Kind::Sdk => steps.step("OpenAI SDKs", || playwright(&["sdk"], arguments)),
    }
}

fn prepare_journeys() -> Outcome {
    install::node_packages("e2e")?;
    console::build()?;
    Program::cargo()
        .args(["build", "--package", "inventiv-cli", "--package", "inventiv-worker"])
        .run()
}

/// Programs and tests in one go: built apart, some dependencies would be compiled twice, with and without what only tests ask of them.
fn build_all() -> Outcome {
    Program::cargo()
        .args(["build", "--workspace", "--bins", "--tests"])
        .run()
}

fn cargo_test(arguments: &[String]) -> Outcome {
    Program::cargo().args(["test", "--workspace"]).args(arguments).run()
}

fn vitest(arguments: &[String]) -> Outcome {
    Program::npx("web", "vitest").args(["run"]).args(arguments).run()
}

fn playwright(projects: &[&str], arguments: &[String]) -> Outcome {
    Program::npx("e2e", "playwright")
        .args(["test"])
        .args(projects.iter().map(|project| format!("--project={project}")))
        .args(arguments)
        .env("INVENTIV_PROGRAMS", workspace::target().join("debug"))
        .env("INVENTIV_TEST_PYTHON", install::SDK.program("python")?)
        .run()
}
