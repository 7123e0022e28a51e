//! Running other programs: inherited output, no standard input, and a failure that names the command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};
use crate::workspace;

pub struct Program {
    command: Command,
    shown: String,
}

impl Program {
    /// To be run in the repository's root.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&program);
        command.current_dir(workspace::root()).stdin(Stdio::null());
        let shown = Path::new(program.as_ref())
            .file_name()
            .unwrap_or(program.as_ref())
            .to_string_lossy()
            .into_owned();
        Self { command, shown }
    }

    /// The cargo that runs us. Builds use the checked-in query cache, whatever `.env` says: they need no database.
    pub fn cargo() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let program = Self::new(cargo)
            .env("SQLX_OFFLINE", "true")
            .without_env("CARGO_MANIFEST_DIR");
        // A build that is thrown away gains nothing from what makes the next one faster.
        if std::env::var_os("CI").is_some() {
            program.env("CARGO_INCREMENTAL", "0")
        } else {
            program
        }
    }

    pub fn npm(directory: &str) -> Self {
        Self::new("npm").within(directory)
    }

    /// A program that a package of `directory` brings.
    pub fn npx(directory: &str, name: &str) -> Self {
        Self::new(workspace::path(directory).join("node_modules/.bin").join(name)).within(directory)
    }

    pub fn within(mut self, directory: &str) -> Self {
        self.command.current_dir(workspace::path(directory));
        self
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, arguments: I) -> Self {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn run(mut self) -> Outcome {
        let status = self.command.status().map_err(|error| self.not_started(&error))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` failed ({status})", self.shown)))
    }

    /// Standard output as text; the error stream is the terminal's.
    pub fn output(mut self) -> Outcome<String> {
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| self.not_started(&error))?;
        if !output.status.success() {
            return Err(Failure::new(format!("`{}` failed ({})", self.shown, output.status)));
        }
        String::from_utf8(output.stdout)
            .map_err(|_| Failure::new(format!("`{}` printed something other than text", self.shown)))
    }

    /// Whether it runs and succeeds, silently.
    pub fn succeeds(mut self) -> bool {
        let quiet = self.command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// For callers that keep the process.
    pub fn into_command(self) -> Command {
        self.command
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("`{}` could not be started: {error}", self.shown))
    }
}

/// The full path of a program, if `PATH` has it.
pub fn find(name: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}
