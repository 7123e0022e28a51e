//! What went wrong, in one sentence that says what to do.

use std::fmt;
use std::io;
use std::path::Path;

#[derive(Debug)]
pub struct Failure(String);

pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// For `map_err`: an I/O error with what was being done to which file.
    pub fn io<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |error| Self(format!("{doing} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Shorthand for `return Err(Failure::new(format!(…)))`.
macro_rules! fail {
    ($($message:tt)*) => { return Err($crate::failure::Failure::new(format!($($message)*))) };
}
pub(crate) use fail;
