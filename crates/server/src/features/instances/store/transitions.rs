//! The only place that writes a status.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::features::instances::rules::{Event, Failure, Status, target};
use crate::ids::new_id;
use crate::plumbing::db::TenantTx;
use crate::plumbing::events::{self, Topic};

pub struct Transition<'a> {
    pub id: Uuid,
    pub tenant: Uuid,
    /// As it was read; nothing is written when it is no more.
    pub from: Status,
    pub version: i64,
    pub event: Event,
    pub failure: Option<&'a Failure>,
    /// Who asked; `None` for the platform itself.
    pub actor: Option<Uuid>,
    /// A reconciler's lease. Without one the instance is due for a visit afterwards.
    pub lease: Option<Uuid>,
    pub now: DateTime<Utc>,
}

/// Changes the status, adds to the history and tells who watches. `None` when somebody else was faster. Takes a plain
/// connection, as both kinds of transaction change statuses.
pub async fn transition(conn: &mut PgConnection, change: &Transition<'_>) -> Result<Option<Status>> {
    let to = target(change.from, change.event).ok_or_else(|| {
        let (from, event) = (change.from.as_str(), change.event.as_str());
        Error::internal(anyhow::anyhow!("no transition from {from} on {event}"))
    })?;
    let ends = matches!(change.event, Event::TerminationRequested | Event::CleanupNeeded);
    let done = sqlx::query!(
        "UPDATE instances SET status = $5, status_since = $6, version = version + 1,
            desired_state = CASE WHEN $7 THEN 'terminated' ELSE desired_state END,
            error_code = CASE WHEN $5 = 'ready' THEN NULL ELSE COALESCE($8, error_code) END,
            error_message = CASE WHEN $5 = 'ready' THEN NULL ELSE COALESCE(left($9, 2000), error_message) END,
            ready_at = CASE WHEN $5 = 'ready' THEN COALESCE(ready_at, $6) ELSE ready_at END,
            terminated_at = CASE WHEN $5 = 'terminated' THEN $6 ELSE terminated_at END,
            archived_at = CASE WHEN $5 = 'archived' THEN $6 ELSE archived_at END,
            missing_since = CASE WHEN $5 = 'terminating' THEN NULL ELSE missing_since END,
            reconcile_after = CASE WHEN $10::uuid IS NULL THEN $6 ELSE reconcile_after END
         WHERE id = $1 AND tenant = $2 AND status = $3 AND version = $4 AND ($10::uuid IS NULL OR lease_token = $10)",
        change.id,
        change.tenant,
        change.from.as_str(),
        change.version,
        to.as_str(),
        change.now,
        ends,
        change.failure.map(|failure| failure.code.as_str()),
        change.failure.map(|failure| failure.message.as_str()),
        change.lease,
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let entry = HistoryEntry {
        instance_id: change.id,
        tenant: change.tenant,
        from: Some(change.from),
        to,
        reason: change.event.as_str(),
        message: change.failure.map(|failure| failure.message.as_str()),
        actor: change.actor,
        now: change.now,
    };
    remember(conn, &entry).await?;
    events::notify(conn, Topic::Instances, change.tenant, change.id).await?;
    Ok(Some(to))
}

pub struct HistoryEntry<'a> {
    pub instance_id: Uuid,
    pub tenant: Uuid,
    /// `None`: this is how it began.
    pub from: Option<Status>,
    pub to: Status,
    pub reason: &'a str,
    pub message: Option<&'a str>,
    pub actor: Option<Uuid>,
    pub now: DateTime<Utc>,
}

pub async fn remember(conn: &mut PgConnection, entry: &HistoryEntry<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO instance_state_history (id, tenant, instance_id, from_status, to_status, reason, message, actor_user_id, occurred_at)
         VALUES ($1, $2, $3, $4, $5, $6, left($7, 2000), $8, $9)",
        new_id(),
        entry.tenant,
        entry.instance_id,
        entry.from.map(Status::as_str),
        entry.to.as_str(),
        entry.reason,
        entry.message,
        entry.actor,
        entry.now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct HistoryRow {
    pub id: Uuid,
    pub from_status: Option<Status>,
    pub to_status: Status,
    pub reason: String,
    pub message: Option<String>,
    /// The username of who asked.
    pub actor: Option<String>,
    pub occurred_at: DateTime<Utc>,
}

/// Longest history that is shown, in transitions.
const HISTORY_LIMIT: i64 = 1_000;

/// Oldest first.
pub async fn history(tx: &mut TenantTx, instance_id: Uuid) -> Result<Vec<HistoryRow>> {
    let tenants = tx.tenants();
    let rows = sqlx::query_as!(
        HistoryRow,
        r#"SELECT h.id, h.from_status AS "from_status: Status", h.to_status AS "to_status: Status", h.reason, h.message, u.username AS "actor?", h.occurred_at
         FROM instance_state_history h LEFT JOIN users u ON u.id = h.actor_user_id
         WHERE h.tenant = ANY($1) AND h.instance_id = $2 ORDER BY h.occurred_at, h.id LIMIT $3"#,
        &tenants,
        instance_id,
        HISTORY_LIMIT,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
