//! `cargo xtask dev`: the development build, rebuilt and restarted when a file changes. The console is read from `web/dist` at every
//! request there, so that its own watcher is enough for it.

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::{console, expect_none, split_at_dashes};
use crate::failure::{Failure, Outcome};
use crate::install::{self, Need};
use crate::program::Program;
use crate::steps::Steps;
use crate::workspace;

const LOOK_EVERY: Duration = Duration::from_millis(500);

pub fn run(arguments: &[String]) -> Outcome {
    let (ours, theirs) = split_at_dashes(arguments);
    expect_none(ours)?;
    let mut steps = Steps::new(3);
    steps.step("Look for PostgreSQL", || install::system_packages(&[Need::PostgreSql]))?;
    steps.step("Build the console", console::build)?;
    steps.step("Build the program", build)?;
    println!("\nFrom here on: saved files are built at once. Ctrl-C ends everything.\n");
    let _console = Background::start(Program::npx("web", "vite").args(["build", "--watch", "--logLevel", "warn"]))?;
    serve_and_watch(theirs)
}

fn build() -> Outcome {
    Program::cargo()
        .args(["build", "--package", "inventiv-cli", "--package", "inventiv-worker"])
        .run()
}

fn serve_and_watch(arguments: &[String]) -> Outcome {
    let serve = || {
        let program = workspace::target().join("debug/inventiv");
        Background::start(Program::new(program).args(["serve"]).args(arguments))
    };
    let mut server = Some(serve()?);
    let mut built = newest_source()?;
    loop {
        sleep(LOOK_EVERY);
        let newest = newest_source()?;
        if newest > built {
            built = newest;
            match build() {
                // The old one must be gone before the new one takes its port and its database.
                Ok(()) => {
                    drop(server.take());
                    server = Some(serve()?);
                }
                Err(failure) => eprintln!("{failure}; the last good build goes on"),
            }
        } else if server.as_mut().is_some_and(Background::has_ended) {
            println!("The program has ended; it starts again after the next change.");
            server = None;
        }
    }
}

/// When a Rust source, a manifest or a migration was last saved.
fn newest_source() -> Outcome<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for place in ["crates", "migrations", "Cargo.toml"] {
        for file in workspace::files_below(&workspace::path(place))? {
            // A file can vanish between the listing and here: editors save by renaming.
            if let Ok(modified) = file.metadata().and_then(|metadata| metadata.modified()) {
                newest = newest.max(modified);
            }
        }
    }
    Ok(newest)
}

/// A process that is asked to end, and waited for, when dropped.
struct Background(Child);

impl Background {
    fn start(program: Program) -> Outcome<Self> {
        let child = program.into_command().spawn();
        child
            .map(Self)
            .map_err(|error| Failure::new(format!("a program could not be started: {error}")))
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if !self.has_ended() {
            // The standard library only knows the signal that leaves no time to clean up.
            let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
            let _ = self.0.wait();
        }
    }
}
