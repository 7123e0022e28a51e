//! What was used, exactly once.
//!
//! - The gateway settles a request by appending one event to a journal on its own disk, before the caller gets the last bytes.
//! - A writer takes events from the journal to the table in batches. The table knows a request by id and start, so that writing an
//!   event again changes nothing; one that comes back with another content is an alarm, never an overwrite.
//! - An event that the table refuses is kept in a file beside the journal ([`Refused`]) before the journal goes on.
//! - [`who_pays`] is the one place that decides what a request costs and whom; the [`Tariff`] is pinned when it is admitted.
//! - An event says what it was charged and by which price version: anyone can recompute it.
//!
//! Tables: `inference_usage`. Uses: nothing.

mod event;
mod frame;
mod journal;
mod partitions;
mod price;
mod refused;
pub mod reports;
mod segments;
mod store;
mod tariff;
mod writer;

use std::path::{Path, PathBuf};

use tokio_util::task::TaskTracker;

use crate::core::Core;
use crate::plumbing::config::ServerRole;
use crate::plumbing::module::{Module, Surface};

pub use event::{JournaledEvent, Outcome, UsageEvent};
pub use journal::Journal;
pub use price::Price;
pub use refused::{Refused, RefusedEvent};
pub use store::{conflicting, insert};
pub use tariff::{NoTariff, Tariff, who_pays};
pub use writer::{Retried, Writer, retry_refused};

/// Where the server with this data directory keeps its journal.
pub fn journal_of(data_dir: &Path) -> PathBuf {
    data_dir.join("journal")
}

/// While it can't be written, no request is admitted.
fn report_journal(core: &Core, journal: &Journal) {
    let journal = journal.clone();
    core.readiness.part("usage_journal", &[ServerRole::Gateway], move || {
        std::future::ready(match journal.is_writable() {
            true => Ok(()),
            false => Err("The usage journal cannot be written, so no inference is accepted."),
        })
    });
}

#[derive(Clone)]
pub struct Usage {
    core: Core,
    /// On its way to the database.
    journal: Journal,
    /// A token for each inference request that is not settled yet: the journal's writer outlives them.
    settling: TaskTracker,
}

impl Usage {
    /// # Errors
    /// The journal in the data directory can't be used.
    pub fn new(core: Core) -> anyhow::Result<Self> {
        let data_dir = core.config.data_dir.as_deref().unwrap_or(Path::new(""));
        let journal = Journal::open(&journal_of(data_dir))?;
        report_journal(&core, &journal);
        Ok(Self {
            core,
            journal,
            settling: TaskTracker::new(),
        })
    }

    pub fn module(&self) -> Module {
        let [sync, writer] = writer::tasks(self);
        Module::new("usage", Surface::Session, &["inference_usage"])
            .task(sync)
            .task(writer)
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Requests whose usage is not settled yet.
    pub fn settling(&self) -> &TaskTracker {
        &self.settling
    }
}
