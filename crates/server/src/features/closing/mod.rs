//! The end of an organization: what must be over before, and what ends with it.
//!
//! - An organization keeps its row, its slug and its audit chain. Memberships end, sessions go on in Personal, keys are revoked,
//!   in one transaction that waits for whoever is still writing there.
//! - Nothing that costs money is left behind: it is refused while an instance lives.
//!
//! Tables: none of its own. Uses: audit, identity, organizations, api_keys, instances.

pub mod http;
pub mod usecases;
