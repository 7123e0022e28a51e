//! What the product does, in dependency order: a feature may use those above it, through what their `mod.rs` offers.

pub mod api_keys;
pub mod audit;
pub mod catalog;
pub mod chat;
pub mod finops;
pub mod gateway;
pub mod identity;
pub mod instances;
pub mod models;
pub mod organizations;
pub mod usage;
pub mod workers;
