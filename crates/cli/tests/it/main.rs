//! The program as its operator has it: a real process with its own PostgreSQL in a data directory.

#![expect(
    clippy::disallowed_methods,
    reason = "tests are clients, do several things at once, and pass their environment on"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod commands;
mod demo;
mod deployments;
mod data_dir;
mod program;
mod settings;
mod usage;
