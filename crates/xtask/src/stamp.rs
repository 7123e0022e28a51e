//! Remembers that something was done for exactly this input, so that a second start does it no more.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};
use crate::workspace;

pub struct Stamp {
    file: PathBuf,
    fingerprint: String,
}

impl Stamp {
    /// Of the names and contents of everything below `inputs` (relative to the repository's root).
    pub fn of(name: &str, inputs: &[&str]) -> Outcome<Self> {
        let mut hasher = DefaultHasher::new();
        for input in inputs {
            for file in workspace::files_below(&workspace::path(input))? {
                file.strip_prefix(workspace::root()).unwrap_or(&file).hash(&mut hasher);
                fs::read(&file)
                    .map_err(Failure::io("reading", &file))?
                    .hash(&mut hasher);
            }
        }
        Ok(Self {
            file: workspace::scratch()?.join(format!("{name}.stamp")),
            fingerprint: format!("{:016x}", hasher.finish()),
        })
    }

    /// Whether it was done for this input and `result` is still there.
    pub fn is_fresh(&self, result: &Path) -> bool {
        result.exists() && fs::read_to_string(&self.file).is_ok_and(|known| known == self.fingerprint)
    }

    pub fn set(&self) -> Outcome {
        fs::write(&self.file, &self.fingerprint).map_err(Failure::io("writing", &self.file))
    }
}
