//! Jobs: work with an input, asked for in the transaction that causes it and done afterwards.
//!
//! - A job that was enqueued is done once its transaction committed, and never without it.
//! - It may be started more than once: a program can die at any point. What it writes in the transaction that it is given counts
//!   once, because that transaction also notes that it is done. A job calls nothing outside: providers are for reconcilers, mails
//!   for the outbox.
//! - A job that fails is tried again after a growing pause, a bounded number of times. Then it is dead: it stays, for an operator
//!   to see and to [`retry`].
//! - Payloads and keys may name people: they are in no log, no answer, and gone once the job is done.
//!
//! Table: `jobs`.

mod store;
mod worker;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::{PLATFORM, new_id};
use crate::plumbing::background::Backoff;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::events::{self, Topic};
pub use store::{remove_finished, retry};
pub use worker::task;

/// A kind of job. The value is what its runs stand on; the payload is what a run is about.
pub trait Job: Send + Sync + 'static {
    /// snake_case; also the name of the task that does jobs of this kind.
    const KIND: &'static str;
    /// Why its runs reach across tenants.
    const REASON: SystemReason;
    /// After so many it is dead.
    const MOST_ATTEMPTS: i32 = 12;
    /// With these and twelve attempts the last attempt comes two to three hours after the first.
    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(15),
        longest: Duration::from_secs(1_800),
    };
    type Payload: Serialize + DeserializeOwned + Send;

    /// Does one job. What it writes in this transaction is kept exactly once; an error or a panic undoes it.
    fn run(&self, tx: &mut SystemTx, payload: Self::Payload) -> impl Future<Output = Result<()>> + Send;

    /// After the commit, for what must not come before it: waking others. Lost with the process.
    fn committed(&self) {}
}

/// Adds a job in the transaction of what causes it. With a key there is at most one unfinished job of the kind with that key; if
/// there is one, it takes over the payload.
pub async fn enqueue<J: Job>(
    conn: &mut PgConnection,
    payload: &J::Payload,
    unique_key: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let id = new_id();
    let payload = serde_json::to_value(payload).map_err(Error::internal)?;
    store::insert(conn, id, J::KIND, unique_key, &payload, now).await?;
    announce(conn, id).await
}

/// Removes the jobs of a kind with this key, dead ones included: what they are about is to be forgotten.
pub async fn forget<J: Job>(conn: &mut PgConnection, unique_key: &str) -> Result<()> {
    store::remove(conn, J::KIND, unique_key).await
}

/// Nudges those who do jobs, when the transaction commits.
pub async fn announce(conn: &mut PgConnection, job: Uuid) -> Result<()> {
    events::notify(conn, Topic::Jobs, PLATFORM, job).await
}
