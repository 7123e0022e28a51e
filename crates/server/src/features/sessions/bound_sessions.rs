//! Sessions that work in an organization follow the memberships there, in the transaction that changes them. Called before the
//! membership is touched: sessions are locked first everywhere. Nobody reaches a colleague's sessions but through these functions of
//! the database, which do nothing for a plain member.

use uuid::Uuid;

use crate::error::Result;
use crate::permissions::Role;
use crate::plumbing::db::{TenantTx, WriteTx};
use crate::plumbing::events::{self, Topic};

/// Shows the new role in the person's sessions in the organization, and tells whoever watches them. What they may do is decided
/// by the membership alone.
pub async fn change_role(tx: &mut WriteTx, organization: Uuid, user: Uuid, role: Role) -> Result<usize> {
    let sessions = sqlx::query_scalar!(
        r#"SELECT tenancy.show_role_in_sessions($1, $2, $3) AS "id!""#,
        organization,
        user,
        role.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    for session in &sessions {
        events::notify(tx.conn(), Topic::Sessions, user, *session).await?;
    }
    Ok(sessions.len())
}

/// Moves the person's sessions in the organization (everybody's, for `None`) to Personal. Their tokens answer 409
/// `workspace_changed` from the commit on, and fetch the next one.
pub async fn move_to_personal(tx: &mut WriteTx, organization: Uuid, user: Option<Uuid>) -> Result<usize> {
    let moved = sqlx::query!(
        r#"SELECT session_id AS "session_id!", user_id AS "user_id!" FROM tenancy.move_sessions_to_personal($1, $2)"#,
        organization,
        user,
    )
    .fetch_all(tx.conn())
    .await?;
    for session in &moved {
        events::notify(tx.conn(), Topic::Sessions, session.user_id, session.session_id).await?;
    }
    Ok(moved.len())
}

/// Locks the sessions in the organization before it ends: what they were writing is committed, and nothing new begins.
pub async fn hold(tx: &mut WriteTx, organization: Uuid) -> Result<()> {
    sqlx::query!("SELECT tenancy.hold_sessions($1)", organization)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// How many live sessions work in the organization.
pub async fn count(tx: &mut TenantTx, organization: Uuid) -> Result<i64> {
    let now = tx.operation().request.now;
    Ok(sqlx::query_scalar!(
        r#"SELECT tenancy.sessions_count($1, $2) AS "count!""#,
        organization,
        now,
    )
    .fetch_one(tx.conn())
    .await?)
}
