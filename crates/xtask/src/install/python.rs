//! Python environments with pinned packages, below `target/`.

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::program::Program;
use crate::stamp::Stamp;
use crate::workspace;

pub struct Environment {
    name: &'static str,
    requirements: &'static str,
}

/// For the tests with OpenAI's Python SDK.
pub const SDK: Environment = Environment {
    name: "python",
    requirements: "e2e/sdk/requirements.txt",
};

/// Checkers that Python packages hold as compiled programs.
pub const CHECKERS: Environment = Environment {
    name: "checkers",
    requirements: "crates/xtask/checkers.txt",
};

impl Environment {
    /// A program of the environment, `python` or what a package brought.
    pub fn program(&self, name: &str) -> Outcome<PathBuf> {
        Ok(self.directory()?.join("bin").join(name))
    }

    /// Makes it, unless it has what its requirements say.
    pub fn prepare(&self) -> Outcome {
        let python = self.program("python")?;
        let stamp = Stamp::of(self.name, &[self.requirements])?;
        if stamp.is_fresh(&python) {
            println!("      {}: packages are up to date", self.requirements);
            return Ok(());
        }
        Program::new("python3")
            .args(["-m", "venv", "--clear"])
            .args([self.directory()?])
            .run()?;
        Program::new(python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--requirement", self.requirements])
            .run()?;
        stamp.set()
    }

    fn directory(&self) -> Outcome<PathBuf> {
        Ok(workspace::scratch()?.join(self.name))
    }
}
