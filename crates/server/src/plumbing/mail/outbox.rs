//! SQL of `outbox`.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Mail;
use crate::error::Result;
use crate::plumbing::db::SystemTx;

pub async fn insert(conn: &mut PgConnection, id: Uuid, mail: &Mail<'_>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "SELECT tenancy.enqueue_mail($1, $2, $3, $4, $5, $6, $7)",
        id,
        mail.template.name(),
        mail.fallback_locale,
        mail.recipient,
        mail.parameters,
        now,
        mail.expires_at,
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// A mail that one sender holds until its lease ends.
pub struct Claimed {
    pub id: Uuid,
    pub template: String,
    pub locale: String,
    pub recipient: String,
    pub parameters: Value,
    pub expires_at: Option<DateTime<Utc>>,
    /// This one included.
    pub attempts: i32,
}

/// The mails that are due, the longest waiting first, counted as tried.
pub async fn claim(
    tx: &mut SystemTx,
    owner: Uuid,
    now: DateTime<Utc>,
    lease: Duration,
    limit: i64,
) -> Result<Vec<Claimed>> {
    let rows = sqlx::query_as!(
        Claimed,
        r#"UPDATE outbox SET attempts = attempts + 1, lease_owner = $1, lease_until = $3
         WHERE id IN (
            SELECT id FROM outbox
            WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at <= $2 AND (lease_until IS NULL OR lease_until <= $2)
            ORDER BY next_attempt_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
         RETURNING id, template, locale, recipient, parameters AS "parameters!", expires_at, attempts"#,
        owner,
        now,
        now + lease,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The mail is out: what it said is forgotten.
pub async fn mark_sent(tx: &mut SystemTx, owner: Uuid, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE outbox SET sent_at = $3, parameters = NULL, lease_owner = NULL, lease_until = NULL, last_error = NULL, reply = NULL
         WHERE id = $1 AND lease_owner = $2 AND failed_at IS NULL",
        id,
        owner,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// `reply`: what the server said, if it was one.
pub async fn put_off(
    tx: &mut SystemTx,
    owner: Uuid,
    id: Uuid,
    until: DateTime<Utc>,
    error: &str,
    reply: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE outbox SET next_attempt_at = $3, last_error = $4, reply = $5, lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2",
        id,
        owner,
        until,
        error,
        reply,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Kept as a dead letter, without what it said.
pub async fn give_up(
    tx: &mut SystemTx,
    owner: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
    error: &str,
    reply: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE outbox SET failed_at = $3, last_error = $4, reply = $5, parameters = NULL, lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2",
        id,
        owner,
        now,
        error,
        reply,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets to whom was written before then, whether it arrived or not.
pub async fn remove_finished(tx: &mut SystemTx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE (sent_at IS NOT NULL OR failed_at IS NOT NULL) AND COALESCE(sent_at, failed_at) < $1 LIMIT $2)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
