//! What the product does, in dependency order: a feature may use those above it, through what their `mod.rs` names.

pub mod audit;
pub mod jobs;
pub mod users;
pub mod sessions;
pub mod second_factors;
pub mod recovery;
pub mod signing_in;
pub mod api_keys;
pub mod organizations;
pub mod invitations;
pub mod catalog;
pub mod worker_tokens;
pub mod models;
pub mod instances;
pub mod workers;
pub mod organization_deletion;
pub mod user_administration;
pub mod usage;
pub mod gateway;
pub mod chat;
pub mod finops;
pub mod events;
