//! Removes what is past its time: answers kept for idempotency keys, sessions that ended long ago, counters of failed sign-ins,
//! links that stopped working, sign-ins nobody finished, mails that left.

use std::time::Duration;

use chrono::Duration as Age;

use crate::app::App;
use crate::error::Result;
use crate::features::identity::{recovery, second_factors, store as identity};
use crate::plumbing::db::SystemReason;
use crate::plumbing::edge::idempotency;
use crate::plumbing::mail;

const EVERY: Duration = Duration::from_secs(600);
/// Rows removed in one transaction.
const BATCH: i64 = 1_000;
/// Transactions of one kind in one round: what is left waits for the next.
const MOST_BATCHES: usize = 100;

const KEEP_ANSWERS: Age = Age::hours(24);
/// Ended sessions stay visible to whoever looks into an incident.
const KEEP_SESSIONS: Age = Age::days(30);
/// Far longer than any window of the throttle.
const KEEP_THROTTLES: Age = Age::days(1);
/// Links of mails after they stopped working.
const KEEP_LINKS: Age = Age::days(7);
/// To whom was written, for whoever looks for a mail that did not arrive.
const KEEP_MAILS: Age = Age::days(30);

/// Tidies up now and then until the program stops. Several replicas may do so at once.
pub async fn run(app: App) {
    let mut rounds = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            _ = rounds.tick() => {}
        }
        match tidy(&app).await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "removed rows past their time"),
            Err(error) => tracing::warn!(%error, "could not remove what is past its time; trying again later"),
        }
    }
}

/// One round. Answers how many rows it removed.
pub async fn tidy(app: &App) -> Result<u64> {
    let now = app.clock.now();
    let mut removed = 0;
    for _ in 0..MOST_BATCHES {
        if app.shutdown.is_cancelled() {
            break;
        }
        let mut tx = app.db.system(SystemReason::Housekeeping).await?;
        let batch = idempotency::remove_before(&mut tx, now - KEEP_ANSWERS, BATCH).await?
            + identity::remove_sessions_before(&mut tx, now - KEEP_SESSIONS, BATCH).await?
            + identity::remove_throttles_before(&mut tx, now - KEEP_THROTTLES, BATCH).await?
            + recovery::remove_expired(&mut tx, now - KEEP_LINKS, BATCH).await?
            + second_factors::remove_expired(&mut tx, now, BATCH).await?
            + mail::remove_finished(&mut tx, now - KEEP_MAILS, BATCH).await?;
        tx.commit().await?;
        removed += batch;
        if batch == 0 {
            break;
        }
    }
    Ok(removed)
}
