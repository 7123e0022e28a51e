//! What it costs: servers by the hour, tokens by the request.
//!
//! - Servers cost from the provider's billable start to the confirmed end; the cost of a window is an overlap, never a counter.
//! - Tokens cost what their usage event says. Every grouping of a window adds up to the same total.
//! - Nothing is rounded before it is shown; amounts have at most twelve decimal places.
//!
//! Tables: none. Uses: instances (costs), models (names), usage (reports).

mod http;
mod rules;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};

#[derive(Clone)]
pub struct Finops {
    core: Core,
}

impl Finops {
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    pub fn module(&self) -> Module {
        Module::new("finops", Surface::Session, &[]).routes(http::routes().with_state(self.clone()))
    }
}
