//! SQL of what waits for a second factor: sign-ins between their two steps, and questions put to passkeys.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::super::passkeys::Purpose;
use crate::error::Result;
use crate::plumbing::db::{Db, SystemTx, WriteTx};

/// A sign-in that waits for its second factor.
pub struct NewChallenge<'a> {
    pub token_hash: &'a [u8],
    pub expires_at: DateTime<Utc>,
    pub passkey_state: Option<&'a Value>,
}

pub async fn insert_challenge(tx: &mut WriteTx, challenge: &NewChallenge<'_>) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "SELECT auth.open_challenge($1, $2, $3, $4)",
        challenge.token_hash,
        now,
        challenge.expires_at,
        challenge.passkey_state,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Whose sign-in waits under this token.
pub async fn challenged(db: &Db, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<Uuid>> {
    let mut auth = db.auth().await?;
    Ok(
        sqlx::query_scalar!("SELECT auth.sign_in_challenge($1, $2)", token_hash, now)
            .fetch_one(auth.conn())
            .await?,
    )
}

pub struct Challenge {
    pub failures: i32,
    pub passkey_state: Option<Value>,
}

/// Held until the end of the transaction: answers to one challenge take turns.
pub async fn lock_challenge(tx: &mut WriteTx, token_hash: &[u8]) -> Result<Option<Challenge>> {
    let now = tx.operation().request.now;
    Ok(sqlx::query_as!(
        Challenge,
        r#"SELECT failures AS "failures!", passkey_state FROM auth.lock_challenge($1, $2)"#,
        token_hash,
        now,
    )
    .fetch_optional(tx.conn())
    .await?)
}

pub async fn count_failure(tx: &mut WriteTx, token_hash: &[u8]) -> Result<()> {
    sqlx::query!("SELECT auth.count_challenge_failure($1)", token_hash)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

pub async fn end_challenge(tx: &mut WriteTx, token_hash: &[u8]) -> Result<()> {
    sqlx::query!("SELECT auth.end_challenge($1)", token_hash)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Sign-ins that were begun with the person's password before stop here.
pub async fn end_challenges(tx: &mut WriteTx) -> Result<()> {
    let user_id = tx.operation().user_id;
    sqlx::query!("DELETE FROM sign_in_challenges WHERE user_id = $1", user_id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// As [`end_challenges`], from outside a session.
pub async fn end_challenges_of(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM sign_in_challenges WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub struct NewCeremony<'a> {
    pub id: Uuid,
    pub purpose: Purpose,
    pub rp_id: &'a str,
    pub state: &'a Value,
    pub expires_at: DateTime<Utc>,
}

/// One at a time for each purpose of a session: the one before is forgotten.
pub async fn put_ceremony(tx: &mut WriteTx, ceremony: &NewCeremony<'_>) -> Result<()> {
    let session_id = tx.operation().session_id;
    sqlx::query!(
        "SELECT auth.put_passkey_ceremony($1, $2, $3, $4, $5, $6)",
        ceremony.id,
        session_id,
        ceremony.purpose.as_str(),
        ceremony.rp_id,
        ceremony.state,
        ceremony.expires_at,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// What the session's ceremony is judged by. It is gone then, good answer or bad.
pub async fn take_ceremony(tx: &mut WriteTx, id: Uuid, purpose: Purpose, rp_id: &str) -> Result<Option<Value>> {
    let operation = tx.operation();
    let (session_id, now) = (operation.session_id, operation.request.now);
    Ok(sqlx::query_scalar!(
        "SELECT auth.take_passkey_ceremony($1, $2, $3, $4, $5)",
        id,
        session_id,
        purpose.as_str(),
        rp_id,
        now,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Forgets challenges and ceremonies that nobody answered. Says how many, at most twice the limit.
pub async fn remove_expired(tx: &mut SystemTx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let challenges = sqlx::query!(
        "DELETE FROM sign_in_challenges WHERE token_hash IN (SELECT token_hash FROM sign_in_challenges WHERE expires_at < $1 LIMIT $2)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    let ceremonies = sqlx::query!(
        "DELETE FROM passkey_ceremonies WHERE id IN (SELECT id FROM passkey_ceremonies WHERE expires_at < $1 LIMIT $2)",
        before,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(challenges.rows_affected() + ceremonies.rows_affected())
}
