//! The server as its callers see it: the real router and a real PostgreSQL, over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api_keys;
#[path = "../architecture/mod.rs"]
mod architecture;
mod audit;
mod audit_seals;
mod background;
mod catalog;
mod connections;
mod finops;
mod gateway;
mod contract;
mod harness;
mod housekeeping;
mod identity;
mod instance_counts;
mod instance_names;
mod instances;
mod invitations;
mod isolation;
mod jobs;
mod jobs_of_the_platform;
mod key_rotation;
mod live;
mod mail;
mod mailbox;
mod matrix;
mod members;
mod models;
mod one_connection;
mod open_intents;
mod organizations;
mod own_account_at_once;
mod password_reset;
mod plans;
mod quotas;
mod reauthentication;
mod second_factors;
mod users;
mod versions;
