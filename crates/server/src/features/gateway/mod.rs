//! `/v1`: other people's requests to our models, invisible to the client and exact to the accountant.
//!
//! A request's way: [`caller`] (who) → body (what) → [`resolution`] (which model) → [`admission`] (whether, by which instance, at whose cost) → [`dispatch`]
//! (send it on) → [`answer`] (pass the answer back) → [`settlement`] (account for it).
//!
//! - Nothing is dispatched without an [`admission::Admitted`], and only admission makes one.
//! - No SQL on the way once things are known: keys are snapshots ([`super::api_keys::snapshots`]), models and instances a
//!   [`table`] that is replaced as a whole.
//! - Whoever holds a [`settlement::Settlement`] settles once, whatever happens: leaving, failing and panicking included.
//!
//! Tables: none. Uses: identity, api_keys, models, instances, usage.

mod admission;
mod answer;
mod caller;
mod dispatch;
mod drain;
mod http;
mod left;
mod refusal;
pub mod resolution;
mod settlement;
pub mod table;
mod upstream;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio_util::sync::CancellationToken;

use crate::core::Core;
use crate::error::Result;
use crate::features::api_keys::ApiKeys;
use crate::features::sessions::Sessions;
use crate::features::usage::Usage;
use crate::plumbing::config::ServerRole;
use crate::plumbing::module::{Module, Surface};
use table::{RoutingTable, Table};
use upstream::Upstream;

#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    core: Core,
    sessions: Sessions,
    keys: ApiKeys,
    usage: Usage,
    table: RoutingTable,
    upstream: Upstream,
    /// Spreads requests over instances that are equally busy.
    turn: AtomicUsize,
    /// Cancelled when requests that still run have to end.
    cut: CancellationToken,
}

impl Gateway {
    pub fn new(core: Core, sessions: Sessions, keys: ApiKeys, usage: Usage) -> Self {
        let readiness = core.readiness.clone();
        let gateway = Self(Arc::new(Inner {
            upstream: Upstream::new(&core.addresses),
            core,
            sessions,
            keys,
            usage,
            table: RoutingTable::default(),
            turn: AtomicUsize::new(0),
            cut: CancellationToken::new(),
        }));
        // Not the gateway itself: its core holds what it reports to.
        let inner = Arc::downgrade(&gateway.0);
        readiness.part("routing_table", &[ServerRole::Gateway], move || {
            let gateway = inner.upgrade().map(Gateway);
            async move {
                match gateway {
                    Some(gateway) if gateway.table().await.is_err() => {
                        Err("It isn't known yet which models there are: the database cannot be read.")
                    }
                    _ => Ok(()),
                }
            }
        });
        gateway
    }

    pub fn module(&self) -> Module {
        Module::new("gateway", Surface::Gateway, &[])
            .routes(http::routes().with_state(self.clone()))
            .task(table::task(self.clone()))
            .task(drain::task(self.clone()))
    }

    /// What is known of models and who could serve them; read first where nothing is, or where it can't be trusted.
    ///
    /// # Errors
    /// The database's.
    pub async fn table(&self) -> Result<Arc<Table>> {
        self.0.table.current(self).await
    }

    /// Reads it again.
    ///
    /// # Errors
    /// The database's.
    pub async fn refresh_table(&self) -> Result<()> {
        self.0.table.refresh(self).await
    }
}
