//! Live updates: which things of a workspace changed, as they change, without their content.
//!
//! - A stream hears of its workspace's tenants, of its person's own account, and of the public catalogues.
//! - It ends, saying why, once its session does, moves to another workspace or changes its role there: looked up whenever
//!   something was announced that may concern it, and twice a minute besides.
//! - Streams are few per person and bounded in number. They buffer nothing: one that reads too slowly is told to read everything
//!   again.
//!
//! Tables: none. Uses: identity (is the session as it was).

mod http;
mod rules;
mod streams;
mod usecases;

use crate::core::Core;
use crate::features::sessions::Sessions;
use crate::plumbing::module::{Module, Surface};
use streams::Streams;

#[derive(Clone)]
pub struct EventStreams {
    core: Core,
    sessions: Sessions,
    open: Streams,
}

impl EventStreams {
    pub fn new(core: Core, sessions: Sessions) -> Self {
        Self {
            core,
            sessions,
            open: Streams::default(),
        }
    }

    pub fn module(&self) -> Module {
        Module::new("events", Surface::Session, &[]).routes(http::routes().with_state(self.clone()))
    }
}
