//! What every feature stands on. It knows none of them.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::plumbing::addresses::Addresses;
use crate::plumbing::background::{Board, Driver};
use crate::plumbing::config::Config;
use crate::plumbing::db::Db;
use crate::plumbing::edge::context::ContextSource;
use crate::plumbing::events::Events;
use crate::plumbing::mail::Wake;
use crate::plumbing::readiness::Readiness;
use crate::secrets::MasterSecret;

/// Cheap to clone: a feature keeps one beside its own state.
#[derive(Clone)]
pub struct Core {
    pub config: Arc<Config>,
    /// Which addresses that tenants name are connected to.
    pub addresses: Addresses,
    pub clock: Clock,
    pub db: Db,
    pub events: Events,
    /// Wakes what sends mails.
    pub mail: Wake,
    pub master: MasterSecret,
    /// How background work is.
    pub board: Board,
    /// Whether parts of this process can do their work.
    pub readiness: Readiness,
    /// Cancelled when the program is told to stop.
    pub shutdown: CancellationToken,
}

impl Core {
    /// Nothing works in the background yet: the news of other replicas come once the program runs.
    pub fn new(config: Config, clock: Clock, db: Db, master: MasterSecret, shutdown: CancellationToken) -> Self {
        Self {
            addresses: Addresses::new(&config.allow_tenant_addresses),
            config: Arc::new(config),
            board: Board::new(clock.clone()),
            readiness: Readiness::default(),
            clock,
            db,
            events: Events::default(),
            mail: Wake::default(),
            master,
            shutdown,
        }
    }

    /// What runs background work.
    pub fn driver(&self) -> Driver {
        Driver {
            db: self.db.clone(),
            clock: self.clock.clone(),
            events: self.events.clone(),
            board: self.board.clone(),
            shutdown: self.shutdown.clone(),
        }
    }

    /// What tells of a request where it comes from and when.
    pub fn context_source(&self) -> ContextSource {
        ContextSource::new(self.config.clone(), self.clock.clone())
    }
}
