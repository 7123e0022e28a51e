//! The end of an organization or an account: what must be over before, and what ends with it.
//!
//! - An organization keeps its row, its slug and its audit chain. Memberships end, sessions go on in Personal, keys and invitations are revoked,
//!   in one transaction that waits for whoever is still writing there.
//! - An account keeps its row, without anything that says whose it was. Its memberships, sessions and keys end, and open invitations to its address. It is refused
//!   while somebody is the only owner of an organization, or the only platform admin.
//! - Nothing that costs money is left behind: it is refused while an instance lives.
//!
//! Tables: none of its own. Uses: audit, identity, organizations, api_keys, instances, invitations.

pub mod accounts;
pub mod http;
pub mod usecases;
