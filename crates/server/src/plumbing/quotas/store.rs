//! SQL of `login_throttles`, on a connection of its own or on that of an open transaction.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

use crate::error::Result;
use crate::plumbing::db::SystemTx;

pub async fn login_failures(
    conn: &mut PgConnection,
    subject: &str,
    now: DateTime<Utc>,
    window: Duration,
) -> Result<Option<(i32, DateTime<Utc>)>> {
    let row = sqlx::query!(
        r#"SELECT failures AS "failures!", window_started_at AS "since!" FROM auth.login_failures($1, $2, $3)"#,
        subject,
        now,
        window.num_seconds() as i32
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.failures, row.since)))
}

pub async fn record_login_failure(
    conn: &mut PgConnection,
    subject: &str,
    now: DateTime<Utc>,
    window: Duration,
) -> Result<()> {
    sqlx::query!(
        "SELECT auth.record_login_failure($1, $2, $3)",
        subject,
        now,
        window.num_seconds() as i32
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// Counts an attempt; says how many there are in the running window, and since when.
pub async fn count_attempt(
    conn: &mut PgConnection,
    subject: &str,
    now: DateTime<Utc>,
    window: Duration,
) -> Result<(i32, DateTime<Utc>)> {
    let row = sqlx::query!(
        r#"SELECT attempts AS "attempts!", window_started_at AS "since!" FROM auth.count_attempt($1, $2, $3)"#,
        subject,
        now,
        window.num_seconds() as i32
    )
    .fetch_one(conn)
    .await?;
    Ok((row.attempts, row.since))
}

pub async fn clear_login_failures(conn: &mut PgConnection, subject: &str) -> Result<()> {
    sqlx::query!("SELECT auth.clear_login_failures($1)", subject)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Removes counters of failed sign-ins whose window began before a moment, at most so many; says how many.
pub async fn remove_before(tx: &mut SystemTx, moment: DateTime<Utc>, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM login_throttles WHERE subject IN (
            SELECT subject FROM login_throttles WHERE window_started_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        moment,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
