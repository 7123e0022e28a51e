//! What carries the features and knows none of them.

pub mod addresses;
pub mod background;
pub mod config;
pub mod console;
pub mod db;
pub mod edge;
pub mod events;
pub mod housekeeping;
pub mod jobs;
pub mod mail;
pub mod module;
pub mod private_files;
pub mod quotas;
pub mod readiness;
pub mod telemetry;
