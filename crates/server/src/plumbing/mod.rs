//! What carries the features and knows none of them.

pub mod clouds;
pub mod config;
pub mod console;
pub mod db;
pub mod edge;
pub mod events;
pub mod mail;
pub mod telemetry;
