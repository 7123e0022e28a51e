//! From the journal to the table.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Usage;
use super::event::JournaledEvent;
use super::journal::{Batch, Journal, Position};
use super::refused::{Refused, RefusedEvent};
use super::{partitions, store};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::plumbing::background::{Backoff, Run, Task};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::{Db, SystemReason};
use crate::plumbing::events::{self, Topic};

const ROLES: &[ServerRole] = &[ServerRole::Api, ServerRole::Gateway];
const BATCH: usize = 500;
/// How long the first event of a batch waits for others, and how often the disk is synced.
const GATHER: Duration = Duration::from_millis(20);
/// Without news the journal is looked at anyway.
const IDLE: Duration = Duration::from_secs(2);
/// While the database takes nothing.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(40),
    longest: Duration::from_secs(5),
};
const PARTITIONS_EVERY: chrono::Duration = chrono::Duration::hours(12);
/// What the end of the program waits for the database; what is left is written at the next start.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// What takes usage from requests to the table: one task that makes it durable, and one that writes it, from the oldest record on,
/// until the program stops and the last request is settled.
pub fn tasks(usage: &Usage) -> [Task; 2] {
    let (syncing, writing) = (usage.clone(), usage.clone());
    [
        Task::follower("usage_sync", ROLES, move |run| keep_synced(syncing.clone(), run)),
        Task::follower("usage_writer", ROLES, move |run| keep_writing(writing.clone(), run)),
    ]
}

/// Group commit: everything appended within one interval is synced together.
async fn keep_synced(usage: Usage, run: Run) -> Result<()> {
    let journal = &usage.journal;
    // Whatever else there is to do: a busy server is the one that must know.
    let mut looks = tokio::time::interval(IDLE);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = looks.tick() => {
                if let Err(error) = check(journal).await {
                    tracing::warn!(%error, "the usage journal could not be looked at; trying again");
                }
            }
            () = journal.to_sync() => {}
            () = all_settled(&usage, &run) => break,
        }
        tokio::time::sleep(GATHER).await;
        match sync(journal).await {
            Ok(()) => run.works(),
            Err(error) => drop(run.fails(&error)),
        }
    }
    sync(journal).await
}

async fn keep_writing(usage: Usage, run: Run) -> Result<()> {
    let journal = &usage.journal;
    let mut writer = Writer::new(usage.core.db.clone(), usage.core.clock.clone(), journal.clone());
    let mut partitions_made: Option<DateTime<Utc>> = None;
    loop {
        let now = usage.core.clock.now();
        if partitions_made.is_none_or(|made| now - made >= PARTITIONS_EVERY) {
            match partitions::ensure(&usage.core.db, now).await {
                Ok(()) => partitions_made = Some(now),
                Err(error) => tracing::warn!(%error, "the months of the usage table could not be made; trying again"),
            }
        }
        let shipped = writer.ship().await;
        metrics::gauge!("usage_journal_backlog").set(journal.backlog() as f64);
        let pause = match shipped {
            // There may be more.
            Ok(count) if count > 0 => {
                run.works();
                GATHER
            }
            Ok(_) => {
                run.works();
                tokio::select! {
                    () = journal.appended() => {}
                    () = tokio::time::sleep(IDLE) => {}
                    () = all_settled(&usage, &run) => break,
                }
                GATHER
            }
            // It stays in the journal.
            Err(error) => BACKOFF.pause(run.fails(&error), rand::random()),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = all_settled(&usage, &run) => break,
        }
    }
    if tokio::time::timeout(LAST_CHANCE, writer.ship_everything())
        .await
        .is_err()
    {
        tracing::warn!(
            backlog = journal.backlog(),
            "usage stays in the journal until the next start"
        );
    }
    Ok(())
}

/// The program stops and every request has its event in the journal.
async fn all_settled(usage: &Usage, run: &Run) {
    run.ending().await;
    usage.settling.close();
    usage.settling.wait().await;
}

/// Whether the journal can be written, and how many events the database refused.
async fn check(journal: &Journal) -> Result<()> {
    let journal = journal.clone();
    let checked = tokio::task::spawn_blocking(move || {
        journal.check();
        journal.refused().count()
    });
    let failed = |error: anyhow::Error| Error::internal(error.context("reading the refused usage events"));
    let refused = checked
        .await
        .map_err(|error| failed(error.into()))?
        .map_err(|error| failed(error.into()))?;
    metrics::gauge!("usage_refused_events").set(refused as f64);
    Ok(())
}

async fn sync(journal: &Journal) -> Result<()> {
    let journal = journal.clone();
    let synced = tokio::task::spawn_blocking(move || journal.sync());
    let failed = |error: anyhow::Error| Error::internal(error.context("syncing the usage journal"));
    synced
        .await
        .map_err(|error| failed(error.into()))?
        .map_err(|error| failed(error.into()))
}

/// Takes batches to the table. Knows how far it has come; a new one begins at the oldest record.
pub struct Writer {
    db: Db,
    clock: Clock,
    journal: Journal,
    position: Option<Position>,
}

impl Writer {
    pub fn new(db: Db, clock: Clock, journal: Journal) -> Self {
        Self {
            db,
            clock,
            journal,
            position: None,
        }
    }

    /// Writes the next batch and says how many events it had.
    ///
    /// # Errors
    /// The database's or the disk's; nothing was skipped.
    pub async fn ship(&mut self) -> Result<usize> {
        let batch = self.next_batch().await?;
        let count = batch.events.len();
        if count > 0 {
            self.write(&batch.events).await?;
        }
        // Deleting files of what the database has: cheap, and repeated if it fails.
        self.journal
            .shipped(batch.end, count as u64)
            .map_err(|error| Error::internal(anyhow::Error::new(error)))?;
        self.position = Some(batch.end);
        Ok(count)
    }

    /// Writes until the journal is empty, and empties it.
    pub async fn ship_everything(&mut self) {
        let mut rotated = false;
        loop {
            match self.ship().await {
                Ok(0) if rotated => return,
                Ok(0) => rotated = self.journal.rotate().is_ok(),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "usage stays in the journal: the database does not take it");
                    tokio::time::sleep(GATHER * 10).await;
                }
            }
        }
    }

    async fn next_batch(&self) -> Result<Batch> {
        let (journal, position) = (self.journal.clone(), self.position);
        let read = tokio::task::spawn_blocking(move || {
            let from = match position {
                Some(position) => position,
                None => journal.start()?,
            };
            journal.read(from, BATCH)
        });
        let failed = |error: anyhow::Error| Error::internal(error.context("reading the usage journal"));
        read.await
            .map_err(|error| failed(error.into()))?
            .map_err(|error| failed(error.into()))
    }

    async fn write(&self, events: &[JournaledEvent]) -> Result<()> {
        match write_together(&self.db, events).await {
            Err(error) if is_about_a_row(&error) => {
                // One row that can't be stored must not hold up the others for ever.
                let mut refused = Vec::new();
                for event in events {
                    match write_together(&self.db, std::slice::from_ref(event)).await {
                        Err(error) if is_about_a_row(&error) => {
                            metrics::counter!("usage_events_refused_total").increment(1);
                            tracing::error!(%error, request_id = %event.event.request_id, "the database refuses a usage event; see `inventiv usage refused`");
                            refused.push(RefusedEvent::new(event, error.to_string(), self.clock.now()));
                        }
                        other => other?,
                    }
                }
                self.keep(refused).await
            }
            other => Ok(other?),
        }
    }

    /// On disk before the journal goes on without them.
    async fn keep(&self, refused: Vec<RefusedEvent>) -> Result<()> {
        let kept = self.journal.refused();
        let failed = |error: anyhow::Error| Error::internal(error.context("keeping refused usage events"));
        tokio::task::spawn_blocking(move || kept.keep(&refused))
            .await
            .map_err(|error| failed(error.into()))?
            .map_err(|error| failed(error.into()))
    }
}

/// Tries again what the database refused, one by one. What it has now is out of the file; what it refuses again stays, with its words
/// of now where it is asked for.
///
/// # Errors
/// The file's, or the database can't be reached: what was not written stays.
pub async fn retry_refused(db: &Db, refused: &Refused) -> Result<Retried> {
    let unreadable =
        |error: std::io::Error| Error::internal(anyhow::Error::new(error).context("the refused usage events"));
    let _locked = refused.lock().map_err(unreadable)?;
    let mut retried = Retried::default();
    let mut written = HashSet::new();
    let mut unreachable = None;
    for kept in refused.list().map_err(unreadable)? {
        let Some(event) = kept.journaled() else {
            retried.refused.push(kept);
            continue;
        };
        match write_together(db, std::slice::from_ref(&event)).await {
            Ok(()) => {
                written.insert(kept.identity());
            }
            Err(error) if is_about_a_row(&error) => retried.refused.push(RefusedEvent {
                reason: error.to_string(),
                ..kept
            }),
            Err(error) => {
                unreachable = Some(error);
                break;
            }
        }
    }
    refused.forget(&written).map_err(unreadable)?;
    retried.written = written.len();
    match unreachable {
        Some(error) => Err(error.into()),
        None => Ok(retried),
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Retried {
    pub written: usize,
    /// Refused again.
    pub refused: Vec<RefusedEvent>,
}

/// All or none. What the table knows already changes nothing.
async fn write_together(db: &Db, events: &[JournaledEvent]) -> Result<(), Failure> {
    let mut tx = db.system(SystemReason::Metering).await?;
    let inserted: HashSet<Uuid> = store::insert(&mut tx, events).await?.into_iter().collect();
    let (new, known): (Vec<_>, Vec<_>) = events
        .iter()
        .cloned()
        .partition(|event| inserted.contains(&event.event.request_id));
    if !known.is_empty() {
        for request_id in store::conflicting(&mut tx, &known).await? {
            metrics::counter!("usage_hash_conflicts_total").increment(1);
            tracing::error!(%request_id, "a usage event came back with another content; the first one stands");
        }
    }
    let tenants: HashSet<Uuid> = new
        .iter()
        .flat_map(|event| [event.event.consumer_tenant, event.event.provider_tenant])
        .collect();
    for tenant in tenants {
        events::notify(tx.conn(), Topic::Usage, tenant, tenant).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Keeps the database's own error: whether it refused a row, which trying again doesn't change, or could not be reached.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => error.into(),
            Failure::Other(error) => error,
        }
    }
}

/// SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation).
fn is_about_a_row(failure: &Failure) -> bool {
    let Failure::Database(sqlx::Error::Database(error)) = failure else {
        return false;
    };
    error
        .code()
        .is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}
