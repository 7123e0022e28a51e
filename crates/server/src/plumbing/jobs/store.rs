//! SQL of `jobs`.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::ids::new_id;
use crate::plumbing::db::SystemTx;

pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    kind: &str,
    unique_key: Option<&str>,
    payload: &Value,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "SELECT tenancy.enqueue_job($1, $2, $3, $4, $5)",
        id,
        kind,
        unique_key,
        payload,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// A job that one worker holds until its lease ends.
pub struct Claimed {
    pub id: Uuid,
    pub payload: Value,
    /// This one included.
    pub attempts: i32,
    pub token: Uuid,
}

/// The job of the kind that waited longest, counted as tried.
pub async fn claim(tx: &mut SystemTx, kind: &str, now: DateTime<Utc>, lease: Duration) -> Result<Option<Claimed>> {
    let token = new_id();
    let row = sqlx::query!(
        r#"UPDATE jobs SET attempts = attempts + 1, lease_token = $3, lease_until = $4
         WHERE id = (
            SELECT id FROM jobs WHERE kind = $1 AND state = 'waiting' AND run_at <= $2 AND (lease_until IS NULL OR lease_until <= $2)
            ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, payload AS "payload!", attempts"#,
        kind,
        now,
        token,
        now + lease,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Claimed {
        id: row.id,
        payload: row.payload,
        attempts: row.attempts,
        token,
    }))
}

/// Notes that the job is done and forgets what it was about. False: somebody else has it by now, and nothing may be kept.
pub async fn finish(tx: &mut SystemTx, job: &Claimed, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE jobs SET state = 'done', finished_at = $3, payload = NULL, unique_key = NULL, last_error = NULL,
            lease_token = NULL, lease_until = NULL
         WHERE id = $1 AND lease_token = $2",
        job.id,
        job.token,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the job back until then, unless somebody else has it by now.
pub async fn put_off(tx: &mut SystemTx, job: &Claimed, until: DateTime<Utc>, error: &str) -> Result<()> {
    sqlx::query!(
        "UPDATE jobs SET run_at = $3, last_error = $4, lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2",
        job.id,
        job.token,
        until,
        error,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The job is dead, unless somebody else has it by now.
pub async fn bury(tx: &mut SystemTx, job: &Claimed, now: DateTime<Utc>, error: &str) -> Result<()> {
    sqlx::query!(
        "UPDATE jobs SET state = 'dead', finished_at = $3, last_error = $4, lease_token = NULL, lease_until = NULL
         WHERE id = $1 AND lease_token = $2",
        job.id,
        job.token,
        now,
        error,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn remove(conn: &mut PgConnection, kind: &str, unique_key: &str) -> Result<()> {
    sqlx::query!("DELETE FROM jobs WHERE kind = $1 AND unique_key = $2", kind, unique_key)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets jobs that were done or given up before then.
pub async fn remove_finished(tx: &mut SystemTx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let removed = sqlx::query!(
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < $1 LIMIT $2)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(removed.rows_affected())
}

/// A dead job waits again, as if it were new. False: there is no dead job with this id.
///
/// # Errors
/// 409 `already_queued`: another job that does the same waits already.
pub async fn retry(tx: &mut SystemTx, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let outcome = sqlx::query!(
        "UPDATE jobs SET state = 'waiting', attempts = 0, run_at = $2, finished_at = NULL WHERE id = $1 AND state = 'dead'",
        id,
        now,
    )
    .execute(tx.conn())
    .await;
    match outcome {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) if Error::violates(&error, "jobs_unique") => Err(Error::conflict(
            ErrorCode::AlreadyQueued,
            "The same work is waiting already.",
        )),
        Err(error) => Err(error.into()),
    }
}
