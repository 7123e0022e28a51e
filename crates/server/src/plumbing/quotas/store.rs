//! SQL of `login_throttles`, on a connection of its own or on that of an open transaction.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Quota;
use crate::error::Result;
use crate::plumbing::db::SystemTx;

/// Counts all of them or, where one is used up, none: the seconds to wait then.
pub async fn spend(conn: &mut PgConnection, quotas: &[Quota], now: DateTime<Utc>) -> Result<Option<u64>> {
    let columns = Columns::of(quotas);
    let wait = sqlx::query_scalar!(
        "SELECT auth.spend_quotas($1, $2, $3, $4, $5)",
        &columns.subjects,
        &columns.amounts,
        &columns.most,
        &columns.windows,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(wait.and_then(|seconds| seconds.try_into().ok()))
}

/// Quotas as the functions of the database take them.
pub struct Columns {
    pub subjects: Vec<String>,
    pub amounts: Vec<i32>,
    pub most: Vec<i32>,
    pub windows: Vec<i32>,
}

impl Columns {
    pub fn of(quotas: &[Quota]) -> Self {
        Self {
            subjects: quotas.iter().map(|quota| quota.subject.clone()).collect(),
            amounts: quotas.iter().map(|quota| quota.amount).collect(),
            most: quotas.iter().map(|quota| quota.most).collect(),
            windows: quotas.iter().map(|quota| quota.window.num_seconds() as i32).collect(),
        }
    }
}

/// In the order of the subjects, as they are counted: two that share subjects can't wait for each other.
pub async fn refund(conn: &mut PgConnection, quotas: &[Quota]) -> Result<()> {
    let columns = Columns::of(quotas);
    sqlx::query!("SELECT auth.refund_quotas($1, $2)", &columns.subjects, &columns.amounts)
        .fetch_one(conn)
        .await?;
    Ok(())
}

pub async fn clear(conn: &mut PgConnection, quota: &Quota) -> Result<()> {
    sqlx::query!("SELECT auth.clear_quota($1)", quota.subject)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Removes counters whose window began before a moment, at most so many; says how many.
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
