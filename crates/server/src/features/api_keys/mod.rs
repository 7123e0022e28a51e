//! Keys to the gateway: who made them, whose they are, how they are recognised.
//!
//! - Only a hash of a key is kept; the key itself is shown once, in the answer that made it.
//! - A key belongs to a person or to an organization. One that a member made under the policy `members_can_create_keys` dies with
//!   the membership.
//! - A key opens `/v1` and nothing else.
//!
//! Tables: `api_keys`. Uses: audit.

mod http;
mod key_format;
mod last_use;
pub mod leavers;
mod rules;
mod snapshots;
mod store;
mod usecases;

use std::sync::Arc;

use crate::core::Core;
use crate::error::Result;
use crate::plumbing::module::{Module, Surface};
use last_use::LastUse;
use snapshots::KeySnapshots;

pub use key_format::{NewKey, PresentedKey};
pub use rules::KeyStatus;
pub use snapshots::KeySnapshot;
pub use store::recognised;
pub use usecases::{KeyRequest, create, list};

#[derive(Clone)]
pub struct ApiKeys {
    core: Core,
    /// What the gateway knows of keys.
    snapshots: Arc<KeySnapshots>,
    last_use: Arc<LastUse>,
}

impl ApiKeys {
    pub fn new(core: Core) -> Self {
        Self {
            core,
            snapshots: Arc::default(),
            last_use: Arc::default(),
        }
    }

    pub fn module(&self) -> Module {
        Module::new("api_keys", Surface::Session, &["api_keys"])
            .routes(http::routes().with_state(self.clone()))
            .task(snapshots::task(self.clone()))
            .task(last_use::task(self.clone()))
    }

    /// The key somebody presents to the gateway, if it is good now, and that it was used. Without a query once it is known.
    ///
    /// # Errors
    /// The database's.
    pub async fn present(&self, key: PresentedKey<'_>) -> Result<Option<Arc<KeySnapshot>>> {
        let found = self.snapshots.verify(self, key).await?;
        if let Some(key) = &found {
            self.last_use.note(key.id, self.core.clock.now());
        }
        Ok(found)
    }
}
