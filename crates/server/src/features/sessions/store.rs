//! SQL of `user_sessions`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::tokens::OVERLAP;
use crate::error::{Error, Result};
use crate::features::users;
use crate::permissions::{Policies, Role};
use crate::plumbing::db::{Db, SystemTx, TenantTx, WriteTx};

/// How the presented token relates to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    Current,
    /// Renewed a moment ago; still good, for requests under way and where the answer was lost.
    Previous,
    /// From before a workspace switch.
    Switched,
    /// The session is in another workspace since, and its next token may be fetched.
    Moved,
    Superseded,
}

/// A live session with what a request needs of its person and membership.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    pub session_id: Uuid,
    pub user_id: Uuid,
    pub token_state: TokenState,
    pub token_issued_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub platform_admin: bool,
    pub organization_id: Option<Uuid>,
    /// `None` with an organization set: the membership ended.
    pub organization_role: Option<Role>,
    pub policies: Policies,
    pub authenticated_at: DateTime<Utc>,
}

pub async fn session_by_token(
    db: &Db,
    session_id: Uuid,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<SessionFacts>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query!(
        r#"SELECT session_id AS "session_id!", user_id AS "user_id!", token_state AS "token_state!", token_issued_at AS "token_issued_at!",
            last_used_at AS "last_used_at!", platform_role AS "platform_role!", organization_id, organization_role AS "organization_role: Role",
            members_can_create_keys, authenticated_at AS "authenticated_at!"
         FROM auth.session_by_token($1, $2, $3)"#,
        session_id,
        token_hash,
        now,
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row.map(|row| SessionFacts {
        session_id: row.session_id,
        user_id: row.user_id,
        token_state: match row.token_state.as_str() {
            "current" => TokenState::Current,
            "previous" => TokenState::Previous,
            "switched" => TokenState::Switched,
            "moved" => TokenState::Moved,
            _ => TokenState::Superseded,
        },
        token_issued_at: row.token_issued_at,
        last_used_at: row.last_used_at,
        platform_admin: row.platform_role == "admin",
        organization_id: row.organization_id,
        organization_role: row.organization_role,
        policies: Policies {
            members_can_create_keys: row.members_can_create_keys.unwrap_or(false),
        },
        authenticated_at: row.authenticated_at,
    }))
}

pub async fn touch_session(db: &Db, session_id: Uuid, now: DateTime<Utc>, ip: Option<String>) -> Result<()> {
    let mut auth = db.auth().await?;
    sqlx::query!("SELECT auth.touch_session($1, $2, $3)", session_id, now, ip)
        .fetch_one(auth.conn())
        .await?;
    Ok(())
}

/// An organization that the person is a member of, with what it lets members do.
pub struct Place {
    pub organization_id: Uuid,
    pub role: Role,
    pub policies: Policies,
}

/// Where the person of the transaction was last; `None` for Personal. The membership stays until the transaction ends.
pub async fn last_workspace(tx: &mut WriteTx) -> Result<Option<Place>> {
    let row = sqlx::query!(
        r#"SELECT organization_id AS "organization_id!", role AS "role!: Role", members_can_create_keys AS "members_can_create_keys!"
         FROM auth.last_workspace()"#
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Place {
        organization_id: row.organization_id,
        role: row.role,
        policies: Policies {
            members_can_create_keys: row.members_can_create_keys,
        },
    }))
}

pub struct NewSession<'a> {
    pub id: Uuid,
    pub token_hash: &'a [u8],
    pub expires_at: DateTime<Utc>,
}

/// Begins the session where [`last_workspace`] says.
pub async fn insert_session(tx: &mut WriteTx, session: &NewSession<'_>) -> Result<()> {
    let operation = tx.operation();
    let now = operation.request.now;
    let (ip, user_agent) = (
        operation.request.ip.map(|ip| ip.to_string()),
        operation.request.user_agent.clone(),
    );
    sqlx::query!(
        "SELECT auth.open_session($1, $2, $3, $4, $5, $6)",
        session.id,
        session.token_hash,
        now,
        ip,
        user_agent,
        session.expires_at,
    )
    .fetch_one(tx.conn())
    .await?;
    users::mark_seen(tx).await
}

/// Replaces the token if it is still the current one, or the one of a session that was moved (which is told so ever after);
/// false when somebody else was faster.
pub async fn renew_token(
    tx: &mut WriteTx,
    session_id: Uuid,
    old_hash: &[u8],
    new_hash: &[u8],
    now: DateTime<Utc>,
    overlap: Duration,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT auth.renew_session_token($1, $2, $3, $4, $5) AS "renewed!""#,
        session_id,
        old_hash,
        new_hash,
        now,
        now + overlap,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The hash of the session's current token, which stays until the transaction ends.
///
/// # Errors
/// 401 when the session ended.
pub async fn lock_token(tx: &mut WriteTx) -> Result<Vec<u8>> {
    let session_id = tx.operation().session_id;
    let hash = sqlx::query_scalar!("SELECT auth.lock_session_token($1)", session_id)
        .fetch_one(tx.conn())
        .await?;
    hash.ok_or_else(Error::unauthenticated)
}

/// Moves the session into another workspace, with a new token; the one before is told that the workspace changed.
///
/// # Errors
/// 401 when the session ended, or the membership did.
pub async fn switch_workspace(tx: &mut WriteTx, new_hash: &[u8], organization: Option<(Uuid, Role)>) -> Result<()> {
    let operation = tx.operation();
    let (session_id, now) = (operation.session_id, operation.request.now);
    let switched = sqlx::query_scalar!(
        r#"SELECT auth.switch_session($1, $2, $3, $4, $5) AS "switched!""#,
        session_id,
        new_hash,
        organization.map(|(id, _)| id),
        now,
        now + OVERLAP,
    )
    .fetch_one(tx.conn())
    .await?;
    if !switched {
        return Err(Error::unauthenticated());
    }
    match organization {
        Some((organization, _)) => seen_in(tx, organization).await,
        None => Ok(()),
    }
}

/// Sign-in goes on there; `None` for Personal.
pub async fn remember_workspace(tx: &mut WriteTx, organization: Option<Uuid>) -> Result<()> {
    sqlx::query!("SELECT auth.remember_workspace($1)", organization)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Whoever comes into an organization was seen there.
pub async fn seen_in(tx: &mut WriteTx, organization: Uuid) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!("SELECT tenancy.seen_in($1, $2)", organization, now)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// A session as its owner sees it.
pub struct SessionRow {
    pub id: Uuid,
    pub current_organization_id: Option<Uuid>,
    pub current_organization_name: Option<String>,
    pub organization_role: Option<Role>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// The person's live sessions, the most recently used first.
pub async fn sessions(tx: &mut TenantTx, idle_since: DateTime<Utc>) -> Result<Vec<SessionRow>> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let rows = sqlx::query_as!(
        SessionRow,
        r#"SELECT s.id, s.current_organization_id, o.name AS "current_organization_name?", m.role AS "organization_role?: Role", s.ip_address,
            s.user_agent, s.created_at, s.last_used_at, s.expires_at
         FROM user_sessions s
         LEFT JOIN organizations o ON o.id = s.current_organization_id
         LEFT JOIN organization_memberships m ON m.organization_id = s.current_organization_id AND m.user_id = s.user_id
         WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_used_at > $3
         ORDER BY s.last_used_at DESC, s.id DESC LIMIT 200"#,
        user_id,
        now,
        idle_since,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The person of the transaction just proved who they are, in a session of theirs. False when it ended.
pub async fn confirm_session(tx: &mut WriteTx, session_id: Uuid) -> Result<bool> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let done = sqlx::query!(
        "UPDATE user_sessions SET authenticated_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3",
        session_id,
        user_id,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where the person's sessions of late, ended ones among them, were used from.
pub async fn addresses_signed_in_from(tx: &mut TenantTx) -> Result<Vec<String>> {
    let user = tx.operation().user_id;
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT ip_address AS "ip!" FROM user_sessions WHERE user_id = $1 AND ip_address IS NOT NULL"#,
        user
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ends one session of the person; false when there is none.
pub async fn revoke_session(tx: &mut WriteTx, session_id: Uuid) -> Result<bool> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let done = sqlx::query!(
        "UPDATE user_sessions SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL",
        session_id,
        user_id,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks the person's sessions before the account, as everybody does, in a transaction that holds nothing yet.
pub async fn hold_sessions(tx: &mut WriteTx) -> Result<()> {
    let user_id = tx.operation().user_id;
    sqlx::query!(
        "SELECT id FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id FOR UPDATE",
        user_id
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

/// Ends the person's other sessions and says which.
pub async fn revoke_other_sessions(tx: &mut WriteTx) -> Result<Vec<Uuid>> {
    let (user_id, session_id, now) = (
        tx.operation().user_id,
        tx.operation().session_id,
        tx.operation().request.now,
    );
    let rows = sqlx::query_scalar!(
        "UPDATE user_sessions SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING id",
        user_id,
        session_id,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Is the session still the person's and alive? It stays so until the end of the transaction.
pub async fn hold_session(tx: &mut SystemTx, session: Uuid, user: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let held = sqlx::query_scalar!(
        r#"SELECT 1 AS "held!" FROM user_sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3 AND u.disabled_at IS NULL FOR SHARE OF s, u"#,
        session,
        user,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(held.is_some())
}

/// Removes sessions that ended before a moment, at most so many; says how many.
pub async fn remove_sessions_before(tx: &mut SystemTx, moment: DateTime<Utc>, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM user_sessions WHERE id IN (
            SELECT id FROM user_sessions WHERE expires_at < $1 OR revoked_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        moment,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// What a session has become since the operation began: when it was last used, and where it is with which rights.
pub struct SessionNow {
    pub last_used_at: DateTime<Utc>,
    pub organization_id: Option<Uuid>,
    /// `None` with an organization set: the membership or the organization ended.
    pub organization_role: Option<Role>,
    pub platform_admin: bool,
}

/// `None` when the session ended.
pub async fn session_now(tx: &mut TenantTx) -> Result<Option<SessionNow>> {
    let operation = tx.operation();
    let (session, user, now) = (operation.session_id, operation.user_id, operation.request.now);
    let row = sqlx::query!(
        r#"SELECT s.last_used_at, s.current_organization_id, m.role AS "role?: Role", u.platform_role
         FROM user_sessions s
         JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
         LEFT JOIN organizations o ON o.id = s.current_organization_id AND o.deleted_at IS NULL
         LEFT JOIN organization_memberships m ON m.organization_id = o.id AND m.user_id = s.user_id
         WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3"#,
        session,
        user,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| SessionNow {
        last_used_at: row.last_used_at,
        organization_id: row.current_organization_id,
        organization_role: row.role,
        platform_admin: row.platform_role == "admin",
    }))
}
