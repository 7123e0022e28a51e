//! The agents on instances: how they prove who they are, what they report.
//!
//! - A machine is ordered with a bootstrap token; the boot that presents it first has the instance, and gets a worker token.
//!   Another boot takes over only once the earlier one is silent.
//! - A report changes facts on the instance, never its status: the reconciler decides what follows.
//!
//! Tables: `worker_tokens`. Uses: audit, instances (which uses [`tokens`] in turn, to give machines what they present here).

pub mod http;
mod rules;
mod store;
pub mod tokens;
pub mod usecases;

pub use tokens::serving_token;
