//! Proving who one is: signing in, once more inside of a session, and the password that both ask for.
//!
//! - Signing in does not tell whether an account exists: same answer, same work, throttled per account and address.
//!
//! Tables: none. Uses: audit, users, sessions, second_factors, recovery.

mod http;
mod reauthentication;
mod usecases;

use crate::core::Core;
use crate::features::second_factors::SecondFactors;
use crate::features::sessions::Sessions;
use crate::features::users::Users;
use crate::plumbing::module::{Module, Surface};
pub use usecases::{Login, login};

#[derive(Clone)]
pub struct SigningIn {
    core: Core,
    users: Users,
    sessions: Sessions,
    factors: SecondFactors,
}

impl SigningIn {
    pub fn new(core: Core, users: Users, sessions: Sessions, factors: SecondFactors) -> Self {
        Self {
            core,
            users,
            sessions,
            factors,
        }
    }

    pub fn module(&self) -> Module {
        let routes = http::routes().merge(reauthentication::http::routes());
        Module::new("signing_in", Surface::Session, &[]).routes(routes.with_state(self.clone()))
    }
}
