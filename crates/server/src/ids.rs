//! Identifiers.

use uuid::Uuid;

/// The tenant of rows that belong to the platform itself.
pub const PLATFORM: Uuid = Uuid::nil();

/// A new UUIDv7: sorts by time of creation.
#[expect(clippy::disallowed_methods, reason = "this is the place that makes ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
