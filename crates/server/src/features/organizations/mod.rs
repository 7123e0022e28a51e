//! Organizations, who belongs to them, and which one a session works in.
//!
//! - An organization that exists has an owner: kept by the database, whatever happens at the same time.
//! - The role in a membership decides; the one in the session's token is for display.
//!
//! Tables: `organizations`, `organization_memberships`. Uses: audit, identity.

pub mod http;
pub mod rules;
pub mod store;
pub mod usecases;
