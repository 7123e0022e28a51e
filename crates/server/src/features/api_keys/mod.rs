//! Keys to the gateway: who made them, whose they are, how they are recognised.
//!
//! - Only a hash of a key is kept; the key itself is shown once, in the answer that made it.
//! - A key belongs to a person or to an organization. One that a member made under the policy `members_can_create_keys` dies with
//!   the membership.
//! - A key opens `/v1` and nothing else.
//!
//! Tables: `api_keys`. Uses: audit.

pub mod http;
pub mod key_format;
pub mod leavers;
pub mod last_use;
pub mod rules;
pub mod snapshots;
pub mod store;
pub mod usecases;
