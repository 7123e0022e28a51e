//! All sessions of one account, for those who administer it from outside of them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::SystemTx;
use crate::plumbing::events::{self, Topic};

/// Locks the account's sessions, before the account and its memberships: what they were writing is committed, nothing new begins.
pub async fn hold(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!(
        "SELECT id FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id FOR UPDATE",
        user
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

/// Ends every session of the account; says how many.
pub async fn end(tx: &mut SystemTx, user: Uuid, now: DateTime<Utc>) -> Result<usize> {
    let ended = sqlx::query_scalar!(
        "UPDATE user_sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL RETURNING id",
        user,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    for session in &ended {
        events::notify(tx.conn(), Topic::Sessions, user, *session).await?;
    }
    Ok(ended.len())
}

/// Tells whoever watches the account's sessions that what they may do changed.
pub async fn announce(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    let sessions = sqlx::query_scalar!(
        "SELECT id FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL",
        user
    )
    .fetch_all(tx.conn())
    .await?;
    for session in sessions {
        events::notify(tx.conn(), Topic::Sessions, user, session).await?;
    }
    Ok(())
}

/// The account is closed: where it was used from is forgotten.
pub async fn forget_addresses(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!(
        "UPDATE user_sessions SET ip_address = NULL, user_agent = NULL WHERE user_id = $1",
        user
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
