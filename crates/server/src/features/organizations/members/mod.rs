//! What members do to each other: roles, removals, leaving, handing over.
//!
//! - Roles are given and taken within the actor's own reach, whoever the target is, oneself included.
//! - The last owner stays: the database judges, under the lock of the organization.
//! - What a membership carried ends or changes with it, in one transaction: the sessions in the organization, and the keys that
//!   are bound to the membership.

pub(super) mod http;
mod rules;
mod usecases;

pub use rules::require_delegation;
pub use usecases::{change_role, remove, tag};
