//! The platform's look at its queues: jobs, and mails on their way. It says what waits, what was done and what was given up, and
//! never what it is about: payloads and recipients are people's.
//!
//! - A dead job can be retried, as if it were new.
//! - A mail that was given up can't: what it said, a link that worked once and for an hour, was forgotten with it. Whoever caused it
//!   causes it again.
//!
//! Tables: none. Reads: `jobs`, `outbox`. Uses: audit.

mod http;
mod store;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};

#[derive(Clone)]
pub struct Jobs {
    core: Core,
}

impl Jobs {
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    pub fn module(&self) -> Module {
        Module::new("jobs", Surface::Session, &[]).routes(http::routes().with_state(self.clone()))
    }
}
