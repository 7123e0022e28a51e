//! Organizations, who belongs to them, and which one a session works in.
//!
//! - An organization that exists has an owner: kept by the database, whatever happens at the same time.
//! - The role in a membership decides; the one in the session's token is for display.
//!
//! Tables: `organizations`, `organization_memberships`. Uses: audit, sessions, api_keys (what ends with a membership).

mod http;
pub mod members;
mod rules;
mod store;
mod usecases;

use crate::core::Core;
use crate::features::sessions::Sessions;
use crate::plumbing::module::{Module, Surface};
pub use rules::slug_from_name;
pub use store::{
    Belonging, OrganizationRow, belongings, end, hold, hold_of_member, id_by_slug, insert_member, lock_members, mine,
    name_of, remove_everywhere, role_of, settle_owners,
};
pub use usecases::{add_member_by_platform, found_by_platform, switch};

#[derive(Clone)]
pub struct Organizations {
    core: Core,
    sessions: Sessions,
}

impl Organizations {
    pub fn new(core: Core, sessions: Sessions) -> Self {
        Self { core, sessions }
    }

    pub fn module(&self) -> Module {
        Module::new(
            "organizations",
            Surface::Session,
            &["organizations", "organization_memberships"],
        )
        .routes(http::routes().merge(members::http::routes()).with_state(self.clone()))
    }
}
