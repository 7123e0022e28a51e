//! Identifiers.

use uuid::Uuid;

/// The tenant of rows that belong to the platform itself.
pub const PLATFORM: Uuid = Uuid::nil();

/// A new UUIDv7: sorts by time of creation.
#[expect(clippy::disallowed_methods, reason = "this is the place that makes ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The id of an organization that does not exist yet. It is always a fresh one, so it can't name an organization that is there:
/// whoever holds it may found that organization, and nothing else.
#[derive(Debug, PartialEq, Eq)]
pub struct NewOrganizationId(Uuid);

impl NewOrganizationId {
    pub fn generate() -> Self {
        Self(new_id())
    }

    pub fn get(&self) -> Uuid {
        self.0
    }
}
