//! Administration of accounts, by the platform or by an organization.
//!
//! - In Personal a platform admin sees and changes every account. There is always one who can.
//! - In an organization it is about its members: an account may be made for somebody who has none, the role may be changed, the
//!   membership may be ended, all within the actor's reach. What is in an account belongs to the person.
//! - Somebody who has an account is invited, never added.
//!
//! Tables: none of its own. Uses: audit, identity, organizations, members, closing.

mod closing;
mod http;
pub mod operator;
mod rules;
mod usecases;

use crate::core::Core;
use crate::features::organizations::Organizations;
use crate::features::recovery::Recovery;
use crate::features::second_factors::SecondFactors;
use crate::features::users::Users;
use crate::plumbing::module::{Module, Surface};

#[derive(Clone)]
pub struct UserAdministration {
    core: Core,
    users: Users,
    recovery: Recovery,
    factors: SecondFactors,
    organizations: Organizations,
}

impl UserAdministration {
    pub fn new(
        core: Core,
        users: Users,
        recovery: Recovery,
        factors: SecondFactors,
        organizations: Organizations,
    ) -> Self {
        Self {
            core,
            users,
            recovery,
            factors,
            organizations,
        }
    }

    pub fn module(&self) -> Module {
        Module::new("user_administration", Surface::Session, &[]).routes(http::routes().with_state(self.clone()))
    }
}
