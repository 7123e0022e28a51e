//! New passwords and new addresses, proved by a link in a mail.
//!
//! - Asking for a new password does the same for every address: one job, done by [`requests`] afterwards.
//! - A link works once, within the hour; unknown, used and expired ones look the same. Its token is stored as a hash.
//! - A new password ends every session, and every other link that was mailed to the person.
//!
//! Tables: `password_reset_tokens`, `email_changes`.
//! Uses: audit, users, sessions, second_factors.

mod http;
mod requests;
mod store;
mod usecases;

use chrono::Duration;

use crate::core::Core;
use crate::features::users::Users;
use crate::plumbing::config::ServerRole;
use crate::plumbing::jobs;
use crate::plumbing::module::{Module, Surface, Sweep};
use requests::PasswordRequests;
pub use store::{forget_account, forget_links};
pub use usecases::{Newcomer, void_links, welcome};

/// Links of mails after they stopped working.
const KEEP: Duration = Duration::days(7);

const ROLES: &[ServerRole] = &[ServerRole::Api, ServerRole::Orchestrator];
/// How long a link works.
const LINK_LIFETIME: Duration = Duration::hours(1);
/// How long somebody whose account was made by others may wait with choosing a password.
const WELCOME_LIFETIME: Duration = Duration::days(7);

#[derive(Clone)]
pub struct Recovery {
    core: Core,
    users: Users,
}

impl Recovery {
    pub fn new(core: Core, users: Users) -> Self {
        Self { core, users }
    }

    pub fn module(&self) -> Module {
        let tables = &["password_reset_tokens", "email_changes"];
        Module::new("recovery", Surface::Session, tables)
            .routes(http::routes().with_state(self.clone()))
            .task(jobs::task(
                &self.core.db,
                &self.core.clock,
                ROLES,
                PasswordRequests(self.clone()),
            ))
            .sweep(Sweep {
                name: "expired_links",
                keep: KEEP,
                remove: |tx, before, limit| Box::pin(store::remove_expired(tx, before, limit)),
            })
    }
}
