//! The secrets between us and a machine: what it is ordered with, what its worker then presents, and what the gateway presents to it.
//!
//! Tables: `worker_tokens`. Uses: nothing.

mod store;
mod tokens;

use crate::plumbing::module::{Module, Surface};
pub use store::{
    Holder, Presented, grant_bootstrap, insert_worker, lock_bootstrap, presented, record_challenger, revoke,
};
pub use tokens::{admit_bootstrap, bootstrap_token, revoke_all, serving_token};

/// Has no state of its own: whoever works for a machine brings the transaction.
#[derive(Clone, Copy)]
pub struct WorkerTokens;

impl WorkerTokens {
    pub fn module(self) -> Module {
        Module::new("worker_tokens", Surface::Worker, &["worker_tokens"])
    }
}
