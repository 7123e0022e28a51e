//! SQL of `users`, `user_sessions` and `login_throttles`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::second_factors;
use crate::error::{Error, Result};
use crate::permissions::{Policies, Role};
use crate::plumbing::db::{Db, SystemTx, TenantTx};

/// What signing in needs to know of an account.
pub struct LoginAccount {
    pub id: Uuid,
    pub password_hash: Option<String>,
    pub disabled: bool,
    /// The password is not enough.
    pub has_second_factor: bool,
}

pub async fn account_by_login(db: &Db, login: &str) -> Result<Option<LoginAccount>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query!(
        r#"SELECT id AS "id!", password_hash, disabled AS "disabled!", has_second_factor AS "has_second_factor!"
         FROM auth.user_by_login($1)"#,
        login
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row.map(|row| LoginAccount {
        id: row.id,
        password_hash: row.password_hash,
        disabled: row.disabled,
        has_second_factor: row.has_second_factor,
    }))
}

/// How the presented token relates to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    Current,
    /// Renewed a moment ago; still good for requests under way.
    Previous,
    /// From before a workspace switch.
    Switched,
    /// The session was taken out of its workspace since; its next token is waiting to be fetched.
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
            last_used_at AS "last_used_at!", platform_role AS "platform_role!", organization_id, organization_role,
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
        organization_role: row.organization_role.as_deref().and_then(Role::parse),
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

pub async fn login_failures(
    db: &Db,
    subject: &str,
    now: DateTime<Utc>,
    window: Duration,
) -> Result<Option<(i32, DateTime<Utc>)>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query!(
        r#"SELECT failures AS "failures!", window_started_at AS "since!" FROM auth.login_failures($1, $2, $3)"#,
        subject,
        now,
        window.num_seconds() as i32
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row.map(|row| (row.failures, row.since)))
}

pub async fn record_login_failure(db: &Db, subject: &str, now: DateTime<Utc>, window: Duration) -> Result<()> {
    let mut auth = db.auth().await?;
    sqlx::query!(
        "SELECT auth.record_login_failure($1, $2, $3)",
        subject,
        now,
        window.num_seconds() as i32
    )
    .fetch_one(auth.conn())
    .await?;
    Ok(())
}

/// Counts an attempt; says how many there are in the running window, and since when.
pub async fn count_attempt(
    db: &Db,
    subject: &str,
    now: DateTime<Utc>,
    window: Duration,
) -> Result<(i32, DateTime<Utc>)> {
    let mut auth = db.auth().await?;
    let row = sqlx::query!(
        r#"SELECT attempts AS "attempts!", window_started_at AS "since!" FROM auth.count_attempt($1, $2, $3)"#,
        subject,
        now,
        window.num_seconds() as i32
    )
    .fetch_one(auth.conn())
    .await?;
    Ok((row.attempts, row.since))
}

pub async fn clear_login_failures(db: &Db, subject: &str) -> Result<()> {
    let mut auth = db.auth().await?;
    sqlx::query!("SELECT auth.clear_login_failures($1)", subject)
        .fetch_one(auth.conn())
        .await?;
    Ok(())
}

pub struct NewSession<'a> {
    pub id: Uuid,
    pub token_hash: &'a [u8],
    pub expires_at: DateTime<Utc>,
}

pub async fn insert_session(tx: &mut TenantTx, session: &NewSession<'_>) -> Result<()> {
    let operation = tx.operation();
    let (user_id, now) = (operation.user_id, operation.request.now);
    let (ip, user_agent) = (
        operation.request.ip.map(|ip| ip.to_string()),
        operation.request.user_agent.clone(),
    );
    sqlx::query!(
        "INSERT INTO user_sessions (id, user_id, token_hash, token_issued_at, ip_address, user_agent, created_at, last_used_at, expires_at,
            authenticated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $4, $4, $7, $4)",
        session.id,
        user_id,
        session.token_hash,
        now,
        ip,
        user_agent,
        session.expires_at,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("UPDATE users SET last_seen_at = $2 WHERE id = $1", user_id, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Replaces the token if it is still the current one, or the one of a session that was moved (which is told so ever after);
/// false when somebody else was faster.
pub async fn renew_token(
    tx: &mut TenantTx,
    session_id: Uuid,
    old_hash: &[u8],
    new_hash: &[u8],
    now: DateTime<Utc>,
    overlap: Duration,
) -> Result<bool> {
    let user_id = tx.operation().user_id;
    let done = sqlx::query!(
        "UPDATE user_sessions SET token_hash = $4, token_issued_at = $5, last_used_at = $5, previous_token_hash = $3,
            previous_token_reason = CASE WHEN token_hash = $3 THEN 'renewed' ELSE 'switched' END,
            previous_token_valid_until = CASE WHEN token_hash = $3 THEN $6::timestamptz END
         WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL
            AND (token_hash = $3 OR (previous_token_hash = $3 AND previous_token_reason = 'moved'))",
        session_id,
        user_id,
        old_hash,
        new_hash,
        now,
        now + overlap,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves the session into another workspace, with a new token; the one before is told that the workspace changed.
pub async fn switch_workspace(tx: &mut TenantTx, new_hash: &[u8], organization: Option<(Uuid, Role)>) -> Result<()> {
    let operation = tx.operation();
    let (session_id, user_id, now) = (operation.session_id, operation.user_id, operation.request.now);
    sqlx::query!(
        "UPDATE user_sessions SET previous_token_hash = token_hash, previous_token_reason = 'switched', previous_token_valid_until = NULL,
            token_hash = $3, token_issued_at = $4, last_used_at = $4, current_organization_id = $5, organization_role = $6
         WHERE id = $1 AND user_id = $2",
        session_id,
        user_id,
        new_hash,
        now,
        organization.map(|(id, _)| id),
        organization.map(|(_, role)| role.as_str()),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A session as its owner sees it.
pub struct SessionRow {
    pub id: Uuid,
    pub current_organization_id: Option<Uuid>,
    pub current_organization_name: Option<String>,
    pub organization_role: Option<String>,
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
        r#"SELECT s.id, s.current_organization_id, o.name AS "current_organization_name?", m.role AS "organization_role?", s.ip_address,
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

/// Ends one session of the person; false when there is none.
pub async fn revoke_session(tx: &mut TenantTx, session_id: Uuid) -> Result<bool> {
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
pub async fn hold_sessions(tx: &mut TenantTx) -> Result<()> {
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
pub async fn revoke_other_sessions(tx: &mut TenantTx) -> Result<Vec<Uuid>> {
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

/// The person behind an operation.
#[derive(Debug, Clone)]
pub struct Profile {
    pub id: Uuid,
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub locale: String,
    pub platform_role: String,
    pub account_plan: String,
    pub organization_name: Option<String>,
    pub organization_slug: Option<String>,
    pub organization_color: Option<String>,
}

impl Profile {
    /// What a password must not be made of, the names of the person's organizations included.
    pub fn own_words<'a>(&'a self, organizations: &'a [String]) -> Vec<&'a str> {
        let own = [&self.email, &self.username, &self.first_name, &self.last_name];
        own.into_iter().chain(organizations).map(String::as_str).collect()
    }
}

/// Of the organizations the person belongs to, whichever the workspace is.
pub async fn organization_names(tx: &mut TenantTx) -> Result<Vec<String>> {
    let user_id = tx.operation().user_id;
    Ok(sqlx::query_scalar!(
        "SELECT o.name FROM organization_memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = $1",
        user_id,
    )
    .fetch_all(tx.conn())
    .await?)
}

pub async fn profile(tx: &mut TenantTx) -> Result<Profile> {
    let (user_id, organization_id) = (tx.operation().user_id, tx.operation().workspace.organization_id());
    sqlx::query_as!(
        Profile,
        r#"SELECT u.id, u.email, u.username, u.first_name, u.last_name, u.locale, u.platform_role, u.account_plan,
            o.name AS "organization_name?", o.slug AS "organization_slug?", o.color AS "organization_color?"
         FROM users u LEFT JOIN organizations o ON o.id = $2 WHERE u.id = $1"#,
        user_id,
        organization_id,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(Error::unauthenticated)
}

/// # Errors
/// 422 when another account has the username.
pub async fn update_profile(
    tx: &mut TenantTx,
    first_name: &str,
    last_name: &str,
    username: &str,
    locale: &str,
) -> Result<()> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    sqlx::query!(
        "UPDATE users SET first_name = $2, last_name = $3, username = $4, locale = $5, updated_at = $6 WHERE id = $1",
        user_id,
        first_name,
        last_name,
        username,
        locale,
        now
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        if Error::violates(&error, "users_username_key") {
            Error::invalid("username", "taken", "is taken")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// The hash of the password of an enabled account; `None` otherwise. Locks the account before what belongs to it, as everybody does,
/// in a transaction that holds nothing yet: what may end a sign-in waits for this one, or is seen by it.
pub async fn hold_account(tx: &mut TenantTx) -> Result<Option<String>> {
    let user_id = tx.operation().user_id;
    let held = sqlx::query_scalar!(
        "SELECT password_hash FROM users WHERE id = $1 AND disabled_at IS NULL FOR NO KEY UPDATE",
        user_id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(held.flatten())
}

pub async fn password_hash(tx: &mut TenantTx) -> Result<Option<String>> {
    let user_id = tx.operation().user_id;
    Ok(
        sqlx::query_scalar!("SELECT password_hash FROM users WHERE id = $1 FOR UPDATE", user_id)
            .fetch_one(tx.conn())
            .await?,
    )
}

pub async fn has_password(tx: &mut TenantTx) -> Result<bool> {
    let user_id = tx.operation().user_id;
    Ok(sqlx::query_scalar!(
        r#"SELECT password_hash IS NOT NULL AS "has!" FROM users WHERE id = $1"#,
        user_id
    )
    .fetch_one(tx.conn())
    .await?)
}

pub async fn set_password_hash(tx: &mut TenantTx, hash: &str) -> Result<()> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    sqlx::query!(
        "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1",
        user_id,
        hash,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Links that were mailed to the person stop working, and so do sign-ins that wait for their second step.
pub async fn void_links(tx: &mut TenantTx) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!("SELECT tenancy.void_own_links($1)", now)
        .fetch_one(tx.conn())
        .await?;
    second_factors::end_challenges(tx).await
}

/// An account made by the platform itself: the first admin, sample data, `inventiv admin`.
pub struct NewAccount<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub username: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub locale: &'a str,
    pub password_hash: &'a str,
    pub platform_admin: bool,
    pub now: DateTime<Utc>,
}

/// # Errors
/// 422 when the address or the username belongs to another account.
pub async fn insert_account(tx: &mut SystemTx, account: &NewAccount<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO users (id, email, username, password_hash, first_name, last_name, locale, platform_role, email_verified_at, created_at,
            updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9)",
        account.id,
        account.email,
        account.username,
        account.password_hash,
        account.first_name,
        account.last_name,
        account.locale,
        if account.platform_admin { "admin" } else { "user" },
        account.now,
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        if Error::violates(&error, "users_email_key") {
            Error::invalid("email", "taken", "belongs to another account")
        } else if Error::violates(&error, "users_username_key") {
            Error::invalid("username", "taken", "is taken")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// The account with this address, whatever its state; it stays as it is until the end of the transaction.
pub async fn account_by_email(tx: &mut SystemTx, email: &str) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar!("SELECT id FROM users WHERE email = $1 FOR SHARE", email)
            .fetch_optional(tx.conn())
            .await?,
    )
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

/// Is this the first start?
pub async fn any_account(tx: &mut SystemTx) -> Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM users) AS "exists!""#)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// The account with this address or username, whatever its state.
pub async fn account_id(tx: &mut SystemTx, login: &str) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar!("SELECT id FROM users WHERE email = $1 OR username = $1", login)
            .fetch_optional(tx.conn())
            .await?,
    )
}

/// An account's address, and with it everything that its password must not be made of.
pub async fn own_words(tx: &mut SystemTx, user_id: Uuid) -> Result<(String, Vec<String>)> {
    let row = sqlx::query!(
        r#"SELECT email, ARRAY[username, first_name, last_name] || ARRAY(SELECT o.name FROM organization_memberships m
            JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = u.id) AS "words!"
         FROM users u WHERE id = $1"#,
        user_id,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.email, row.words))
}

/// Sets a password from outside a session and ends every session of the account.
pub async fn reset_password(tx: &mut SystemTx, user_id: Uuid, hash: &str, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    sqlx::query!(
        "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1",
        user_id,
        hash,
        now
    )
    .execute(tx.conn())
    .await?;
    second_factors::end_challenges_of(tx, user_id).await?;
    let ended = sqlx::query_scalar!(
        "UPDATE user_sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL RETURNING id",
        user_id,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ended)
}

pub async fn grant_platform_admin(tx: &mut SystemTx, user_id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE users SET platform_role = 'admin', updated_at = $2 WHERE id = $1",
        user_id,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
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

/// Removes counters of failed sign-ins whose window began before a moment, at most so many; says how many.
pub async fn remove_throttles_before(tx: &mut SystemTx, moment: DateTime<Utc>, limit: i64) -> Result<u64> {
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
        r#"SELECT s.last_used_at, s.current_organization_id, m.role AS "role?", u.platform_role
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
        organization_role: row.role.as_deref().and_then(Role::parse),
        platform_admin: row.platform_role == "admin",
    }))
}
