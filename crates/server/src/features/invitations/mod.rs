//! Invitations into an organization, by mail, for people with and without an account.
//!
//! - The link carries 256 random bits, stored as a hash. It opens a page; only an explicit act accepts, and accepting signs nobody in.
//! - An invitation is for its address: an account with that address must be signed in, or is made (its address is proved by the link).
//! - Whoever invited must still be able to when it is accepted; otherwise it waits for somebody who can (`needs_approval`).
//! - Expired and ended invitations never stand in the way of a new one.
//!
//! Table: `organization_invitations`. Uses: audit, users, sessions, organizations.

mod accept;
mod http;
mod rules;
mod store;
mod usecases;

use crate::core::Core;
use crate::features::users::Users;
use crate::plumbing::module::{Module, Surface};
use chrono::Duration;
pub use rules::Status;
pub use usecases::{count_open, end_all, end_for_address};

/// How long an invitation can be accepted.
const LIFETIME: Duration = Duration::days(7);
/// Addresses in one request.
const MOST_AT_ONCE: usize = 50;

#[derive(Clone)]
pub struct Invitations {
    core: Core,
    users: Users,
}

impl Invitations {
    pub fn new(core: Core, users: Users) -> Self {
        Self { core, users }
    }

    pub fn module(&self) -> Module {
        Module::new("invitations", Surface::Session, &["organization_invitations"])
            .routes(http::routes().with_state(self.clone()))
    }
}
