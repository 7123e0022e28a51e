//! The sessions people act in, and who a request comes from.
//!
//! - A session is a row; its token (a JWT) is only a pointer to it that expires within minutes and renews itself silently. The row
//!   and the membership decide on every request.
//! - A session is in one workspace. Switching re-issues the token; the one before answers 409 from then on.
//!
//! Tables: `user_sessions`. Uses: audit, users.

mod authentication;
pub mod bound_sessions;
mod http;
mod modules;
pub mod of_account;
mod rules;
mod store;
mod tokens;
mod usecases;

use chrono::Duration;

use crate::core::Core;
use crate::features::users::Users;
pub use crate::plumbing::edge::context::Anonymous;
use crate::plumbing::module::{Module, Surface, Sweep};
pub use authentication::{CurrentOperation, authenticate as authenticate_request, bearer, is_claimed_workspace};
pub use http::{Me, Transport, signed_in_response};
pub use store::{addresses_signed_in_from, confirm_session, hold_session, hold_sessions, revoke_other_sessions};
pub use usecases::{SignedIn, authenticate, choose_workspace, current_workspace, go_to_personal, logout, open_session};

use tokens::Tokens;

/// Ended sessions stay visible to whoever looks into an incident.
const KEEP: Duration = Duration::days(30);

#[derive(Clone)]
pub struct Sessions {
    core: Core,
    tokens: Tokens,
    users: Users,
}

impl Sessions {
    pub fn new(core: Core, users: Users) -> Self {
        let tokens = Tokens::new(&core.master);
        Self { core, tokens, users }
    }

    pub fn module(&self) -> Module {
        Module::new("sessions", Surface::Session, &["user_sessions"])
            .routes(http::routes().with_state(self.clone()))
            .sweep(Sweep {
                name: "ended_sessions",
                keep: KEEP,
                remove: |tx, before, limit| Box::pin(store::remove_sessions_before(tx, before, limit)),
            })
    }
}
