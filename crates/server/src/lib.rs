//! Inventiv: who runs which model on which server, who may use it, who pays.
//!
//! Floors, each of which knows only those before it: ground (the small modules here) < [`plumbing`] < [`core`] < [`features`], in
//! their order < [`program`]. Inside a feature data flows one way: `http → usecases → rules / store`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod activation;
pub mod clock;
pub mod codes;
pub mod core;
pub mod error;
pub mod features;
pub mod ids;
pub mod money;
pub mod operation;
pub mod permissions;
pub mod plumbing;
pub mod program;
pub mod request_id;
pub mod secrets;
pub mod serve;
pub mod validation;
