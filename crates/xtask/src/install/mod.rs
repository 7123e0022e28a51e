//! Getting what the machine lacks. Everything looks first and installs only what is missing.

mod frontend;
mod python;
mod system;

pub use frontend::node_packages;
pub use python::{environment as python_environment, interpreter as python};
pub use system::{Need, system_packages};
