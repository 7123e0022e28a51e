//! SQL of `password_reset_tokens` and `email_changes`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::requests::PasswordRequests;
use crate::error::Result;
use crate::ids::PLATFORM;
use crate::plumbing::db::{Db, SystemTx, WriteTx};
use crate::plumbing::jobs;
use crate::plumbing::quotas::{Columns, Quota};

/// Notes that somebody wants a new password for an address, unless somebody did too often.
pub async fn request_reset(db: &Db, email: &str, quotas: &[Quota], now: DateTime<Utc>) -> Result<()> {
    let quotas = Columns::of(quotas);
    let mut auth = db.auth().await?;
    sqlx::query!(
        "SELECT auth.request_password_reset($1, $2, $3, $4, $5, $6)",
        email,
        &quotas.subjects,
        &quotas.amounts,
        &quotas.most,
        &quotas.windows,
        now,
    )
    .fetch_one(auth.conn())
    .await?;
    // Also where there is no such account: a missing notification would tell that.
    jobs::announce(auth.conn(), PLATFORM).await
}

/// The person a good token belongs to.
pub struct ResetFacts {
    pub user_id: Uuid,
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    /// Names of the organizations the person belongs to.
    pub organizations: Vec<String>,
    /// Somebody else was shown the link: it proves nothing about the mailbox.
    pub shown: bool,
}

impl ResetFacts {
    /// What the new password must not be made of.
    pub fn own_words(&self) -> Vec<&str> {
        let own = [&self.email, &self.username, &self.first_name, &self.last_name];
        own.into_iter().chain(&self.organizations).map(String::as_str).collect()
    }
}

pub async fn reset_by_token(db: &Db, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<ResetFacts>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query_as!(
        ResetFacts,
        r#"SELECT user_id AS "user_id!", email AS "email!", username AS "username!", first_name AS "first_name!", last_name AS "last_name!",
            organizations AS "organizations!", shown AS "shown!"
         FROM auth.password_reset_by_token($1, $2)"#,
        token_hash,
        now,
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row)
}

/// False when somebody else used the token in the meantime.
pub async fn consume_reset(tx: &mut WriteTx, token_hash: &[u8]) -> Result<bool> {
    let now = tx.operation().request.now;
    let used = sqlx::query_scalar!("SELECT auth.consume_password_reset_token($1, $2)", token_hash, now)
        .fetch_one(tx.conn())
        .await?;
    Ok(used == Some(true))
}

/// `shown`: to whoever asked for it, and not only mailed.
pub async fn insert_reset(
    tx: &mut SystemTx,
    user_id: Uuid,
    token_hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    shown: bool,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO password_reset_tokens (token_hash, user_id, created_at, expires_at, shown) VALUES ($1, $2, $3, $4, $5)",
        token_hash,
        user_id,
        now,
        expires_at,
        shown,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets links that stopped working before then. Says how many, at most twice the limit.
pub async fn remove_expired(tx: &mut SystemTx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let resets = sqlx::query!(
        "DELETE FROM password_reset_tokens WHERE token_hash IN (SELECT token_hash FROM password_reset_tokens WHERE expires_at < $1 LIMIT $2)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    let changes = sqlx::query!(
        "DELETE FROM email_changes WHERE token_hash IN (SELECT token_hash FROM email_changes WHERE expires_at < $1 LIMIT $2)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(resets.rows_affected() + changes.rows_affected())
}

pub async fn request_email_change(
    tx: &mut WriteTx,
    token_hash: &[u8],
    email: &str,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "SELECT tenancy.request_email_change($1, $2, $3, $4)",
        token_hash,
        email,
        now,
        expires_at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Whose address is to become which.
pub struct EmailChange {
    pub user_id: Uuid,
    pub new_email: String,
}

pub async fn email_change_by_token(db: &Db, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<EmailChange>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query_as!(
        EmailChange,
        r#"SELECT user_id AS "user_id!", new_email AS "new_email!" FROM auth.email_change_by_token($1, $2)"#,
        token_hash,
        now,
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row)
}

/// False when the token was used in the meantime.
pub async fn consume_email_change(tx: &mut WriteTx, token_hash: &[u8]) -> Result<bool> {
    let now = tx.operation().request.now;
    let used = sqlx::query_scalar!("SELECT auth.consume_email_change($1, $2)", token_hash, now)
        .fetch_one(tx.conn())
        .await?;
    Ok(used == Some(true))
}

/// Links that were mailed to the person stop working.
pub async fn void_own_links(tx: &mut WriteTx) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!("SELECT tenancy.void_own_links($1)", now)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Links that were mailed to the person stop working.
pub async fn forget_links(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM password_reset_tokens WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    sqlx::query!("DELETE FROM email_changes WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The account is closed: who asked for a new password for it is forgotten, too.
pub async fn forget_account(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    let email = sqlx::query_scalar!("SELECT email FROM users WHERE id = $1", user)
        .fetch_one(tx.conn())
        .await?;
    jobs::forget::<PasswordRequests>(tx.conn(), &email).await?;
    forget_links(tx, user).await
}
