//! The agents on instances: how they prove who they are, what they report.
//!
//! - A machine is ordered with a bootstrap token; the boot that presents it first has the instance, and gets a worker token.
//!   Another boot takes over only once the earlier one is silent.
//! - A report changes facts on the instance, never its status: the reconciler decides what follows.
//!
//! Tables: none. Uses: audit, worker_tokens, instances.

mod http;
mod rules;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};

#[derive(Clone)]
pub struct Workers {
    core: Core,
}

impl Workers {
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    pub fn module(&self) -> Module {
        Module::new("workers", Surface::Worker, &[]).routes(http::routes().with_state(self.clone()))
    }
}
