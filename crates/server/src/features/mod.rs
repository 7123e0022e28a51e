//! What the product does, in dependency order: a feature may use those above it, through what their `mod.rs` offers.

pub mod audit;
pub mod identity;
pub mod organizations;
pub mod catalog;
pub mod api_keys;
pub mod members;
pub mod invitations;
pub mod workers;
pub mod models;
pub mod instances;
pub mod closing;
pub mod users;
pub mod usage;
pub mod gateway;
pub mod chat;
pub mod finops;
pub mod live;
