//! Building the console into `web/dist`, from where it is embedded in the program.

use std::fs::File;
use std::time::SystemTime;

use crate::failure::{Failure, Outcome};
use crate::install;
use crate::program::Program;
use crate::stamp::Stamp;
use crate::workspace;

const INPUTS: [&str; 8] = [
    "web/src",
    "web/build",
    "web/public",
    "web/index.html",
    "web/package.json",
    "web/package-lock.json",
    "web/tsconfig.json",
    "web/vite.config.ts",
];

/// Does nothing when `web/dist` was built from these very files.
pub fn build() -> Outcome {
    install::node_packages("web")?;
    let stamp = Stamp::of("console", &INPUTS)?;
    if stamp.is_fresh(&workspace::path("web/dist/index.html")) {
        println!("      web/dist is up to date");
        return Ok(());
    }
    Program::npx("web", "vite")
        .args(["build", "--logLevel", "warn"])
        .run()?;
    embed_again()?;
    // Taken again: the build itself may write a source (the table of routes).
    Stamp::of("console", &INPUTS)?.set()
}

/// A program that was compiled before there was a console knows no file of it that could have changed, so cargo would keep it.
fn embed_again() -> Outcome {
    let embedding = workspace::path("crates/cli/src/console.rs");
    File::options()
        .append(true)
        .open(&embedding)
        .and_then(|file| file.set_modified(SystemTime::now()))
        .map_err(Failure::io("touching", &embedding))
}
