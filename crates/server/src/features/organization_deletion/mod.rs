//! The end of an organization or an account: what must be over before, and what ends with it.
//!
//! - An organization keeps its row, its slug and its audit chain. Memberships end, sessions go on in Personal, keys and invitations are revoked,
//!   in one transaction that waits for whoever is still writing there.
//! - An account keeps its row, without anything that says whose it was. Its memberships, sessions and keys end, and open invitations to its address. It is refused
//!   while somebody is the only owner of an organization, or the only platform admin.
//! - Nothing that costs money is left behind: it is refused while an instance lives.
//!
//! Tables: none of its own. Uses: audit, identity, organizations, api_keys, instances, invitations.

mod http;
mod usecases;

use crate::core::Core;
use crate::features::sessions::Sessions;
use crate::plumbing::module::{Module, Surface};

#[derive(Clone)]
pub struct OrganizationDeletion {
    core: Core,
    sessions: Sessions,
}

impl OrganizationDeletion {
    pub fn new(core: Core, sessions: Sessions) -> Self {
        Self { core, sessions }
    }

    pub fn module(&self) -> Module {
        Module::new("organization_deletion", Surface::Session, &[]).routes(http::routes().with_state(self.clone()))
    }
}
