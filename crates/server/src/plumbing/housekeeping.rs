//! Removes what is past its time, as the features' [`Sweep`]s say.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

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
    /// Tidies up now and then until the program stops. Several replicas may do so at once.
    pub async fn run(self) {
        let mut rounds = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                _ = rounds.tick() => {}
            }
            match self.tidy().await {
                Ok(0) => {}
                Ok(removed) => tracing::debug!(removed, "removed rows past their time"),
                Err(error) => tracing::warn!(%error, "could not remove what is past its time; trying again later"),
            }
        }
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
