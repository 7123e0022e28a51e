//! The console's chat: which models it can offer. The conversation itself goes through the gateway, with the session.
//!
//! Tables: none. Uses: gateway.

mod http;

use crate::features::gateway::Gateway;
use crate::plumbing::module::{Module, Surface};

#[derive(Clone)]
pub struct Chat {
    gateway: Gateway,
}

impl Chat {
    pub fn new(gateway: Gateway) -> Self {
        Self { gateway }
    }

    pub fn module(&self) -> Module {
        Module::new("chat", Surface::Session, &[]).routes(http::routes().with_state(self.clone()))
    }
}
