//! Removes what is past its time, as the features' [`Sweep`]s say.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::background::{Rhythm, Round, Task};
use super::config::ServerRole;
use super::db::{Db, SystemReason};
use super::module::Sweep;
use crate::clock::Clock;
use crate::error::Result;

const EVERY: Duration = Duration::from_secs(600);
/// Rows removed in one transaction.
const BATCH: i64 = 1_000;
/// Transactions of one sweep in one round: what is left waits for the next.
const MOST_BATCHES: usize = 100;

/// All sweeps of the program.
pub struct Housekeeping {
    pub db: Db,
    pub clock: Clock,
    pub sweeps: Vec<Sweep>,
    pub shutdown: CancellationToken,
}

impl Housekeeping {
    /// Tidies up now and then.
    pub fn task(self) -> Task {
        let housekeeping = Arc::new(self);
        let rhythm = Rhythm::every(EVERY).on_one_replica();
        Task::rounds("housekeeping", &[ServerRole::Orchestrator], rhythm, move |_| {
            let housekeeping = Arc::clone(&housekeeping);
            async move {
                let removed = housekeeping.tidy().await?;
                tracing::debug!(removed, "removed rows past their time");
                Ok(Round::Idle)
            }
        })
    }

    /// One round. Answers how many rows it removed.
    pub async fn tidy(&self) -> Result<u64> {
        let mut removed = 0;
        for sweep in &self.sweeps {
            for _ in 0..MOST_BATCHES {
                if self.shutdown.is_cancelled() {
                    return Ok(removed);
                }
                let mut tx = self.db.system(SystemReason::Housekeeping).await?;
                let batch = (sweep.remove)(&mut tx, self.clock.now() - sweep.keep, BATCH).await?;
                tx.commit().await?;
                removed += batch;
                if batch == 0 {
                    break;
                }
            }
        }
        Ok(removed)
    }
}
