//! Inventiv: who runs which model on which server, who may use it, who pays.
//!
//! Data flows one way: `http → usecases → rules / store`, feature by feature. [`app`] holds every long-lived dependency.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod app;
pub mod bootstrap;
pub mod clock;
pub mod demo;
pub mod error;
pub mod features;
pub mod housekeeping;
pub mod ids;
pub mod money;
pub mod openapi;
pub mod operation;
pub mod permissions;
pub mod plumbing;
pub mod secrets;
pub mod seed;
pub mod serve;
