//! `/v1`: other people's requests to our models, invisible to the client and exact to the accountant.
//!
//! A request's way: [`caller`] (who) → body (what) → [`resolution`] (which model) → [`admission`] (may it, and where) → [`dispatch`]
//! (send it on) → [`answer`] (pass the answer back) → [`settlement`] (account for it).
//!
//! - Nothing is dispatched without an [`admission::Admitted`], and only admission makes one.
//! - No SQL on the way once things are known: keys are snapshots ([`super::api_keys::snapshots`]), models and instances a
//!   [`table`] that is replaced as a whole.
//! - Whoever holds a [`settlement::Settlement`] settles once, whatever happens: leaving, failing and panicking included.
//!
//! Tables: none. Uses: identity, api_keys, models, instances, usage.

pub mod admission;
pub mod answer;
pub mod caller;
pub mod dispatch;
pub mod drain;
pub mod http;
pub mod refusal;
pub mod resolution;
pub mod settlement;
pub mod table;
mod upstream;

use std::sync::atomic::AtomicUsize;

use tokio_util::sync::CancellationToken;

use super::api_keys::last_use::LastUse;
use super::api_keys::snapshots::KeySnapshots;
use table::RoutingTable;
use upstream::Upstream;

/// What the gateway remembers between requests.
#[derive(Default)]
pub struct Gateway {
    pub keys: KeySnapshots,
    pub last_use: LastUse,
    pub table: RoutingTable,
    upstream: Upstream,
    /// Spreads requests over instances that are equally busy.
    turn: AtomicUsize,
    /// Cancelled when requests that still run have to end.
    cut: CancellationToken,
}
