//! Getting what the machine lacks. Everything looks first and installs only what is missing.

mod frontend;
mod python;
mod system;

pub use frontend::{check_node, node_packages};
pub use python::{CHECKERS, SDK};
pub use system::{Need, system_packages};
