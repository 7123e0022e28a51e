//! SQL of the second factors themselves.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::super::MOST_PASSKEYS;
use super::pending::end_challenges_of;
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::plumbing::db::{SystemTx, TenantTx, WriteTx};

/// The person's authenticator app, as it is shown.
pub struct TotpFacts {
    pub confirmed_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

pub async fn totp(tx: &mut TenantTx) -> Result<Option<TotpFacts>> {
    let user_id = tx.operation().user_id;
    Ok(sqlx::query_as!(
        TotpFacts,
        "SELECT confirmed_at, last_used_at FROM totp_authenticators WHERE user_id = $1",
        user_id
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// What a code of the person's authenticator app is checked with.
pub struct Totp {
    pub secret_encrypted: Vec<u8>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub last_step: Option<i64>,
}

/// Held until the end of the transaction: of two uses of one code, the second sees the first.
pub async fn lock_totp(tx: &mut WriteTx) -> Result<Option<Totp>> {
    Ok(sqlx::query_as!(
        Totp,
        r#"SELECT secret_encrypted AS "secret_encrypted!", confirmed_at, last_step FROM auth.lock_own_totp()"#
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Replaces an authenticator app that was never confirmed; false when there is one that was.
pub async fn put_unconfirmed_totp(tx: &mut WriteTx, secret_encrypted: &[u8]) -> Result<bool> {
    let now = tx.operation().request.now;
    Ok(sqlx::query_scalar!(
        r#"SELECT auth.put_unconfirmed_totp($1, $2) AS "put!""#,
        secret_encrypted,
        now,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The app showed that it has the secret: a step of it is used.
pub async fn use_totp(tx: &mut WriteTx, step: i64) -> Result<()> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    sqlx::query!(
        "UPDATE totp_authenticators SET confirmed_at = COALESCE(confirmed_at, $3), last_step = $2, last_used_at = $3 WHERE user_id = $1",
        user_id,
        step,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn remove_totp(tx: &mut WriteTx) -> Result<bool> {
    let user_id = tx.operation().user_id;
    let done = sqlx::query!("DELETE FROM totp_authenticators WHERE user_id = $1", user_id)
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A passkey of the person's.
pub struct StoredPasskey {
    pub id: Uuid,
    pub name: String,
    pub rp_id: String,
    pub credential: Value,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What a person could prove it with.
pub struct OwnFactors {
    pub has_totp: bool,
    pub passkeys: Vec<StoredPasskey>,
}

pub async fn own_factors(tx: &mut TenantTx) -> Result<OwnFactors> {
    let totp = totp(tx).await?;
    Ok(OwnFactors {
        has_totp: totp.is_some_and(|totp| totp.confirmed_at.is_some()),
        passkeys: passkeys(tx).await?,
    })
}

/// The oldest first. There are at most [`MOST_PASSKEYS`].
pub async fn passkeys(tx: &mut TenantTx) -> Result<Vec<StoredPasskey>> {
    Ok(sqlx::query_as!(
        StoredPasskey,
        r#"SELECT id AS "id!", name AS "name!", rp_id AS "rp_id!", credential AS "credential!", created_at AS "created_at!", last_used_at
         FROM auth.own_passkeys($1)"#,
        MOST_PASSKEYS,
    )
    .fetch_all(tx.conn())
    .await?)
}

pub struct NewPasskey<'a> {
    pub id: Uuid,
    pub name: &'a str,
    pub rp_id: &'a str,
    pub credential_id: &'a [u8],
    pub credential: &'a Value,
}

/// # Errors
/// 409 `passkey_exists` when it is registered already, here or with another account.
pub async fn insert_passkey(tx: &mut WriteTx, passkey: &NewPasskey<'_>) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "SELECT auth.add_passkey($1, $2, $3, $4, $5, $6)",
        passkey.id,
        passkey.name,
        passkey.rp_id,
        passkey.credential_id,
        passkey.credential,
        now,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(|error| {
        if Error::violates(&error, "passkeys_credential_key") {
            Error::conflict(ErrorCode::PasskeyExists, "This passkey is registered already.")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

pub async fn rename_passkey(tx: &mut WriteTx, id: Uuid, name: &str) -> Result<()> {
    let user_id = tx.operation().user_id;
    sqlx::query!(
        "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2",
        id,
        user_id,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A passkey signed: its counter moved on.
pub async fn use_passkey(tx: &mut WriteTx, id: Uuid, credential: &Value) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!("SELECT auth.use_passkey($1, $2, $3)", id, credential, now)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// The name it had.
pub async fn remove_passkey(tx: &mut WriteTx, id: Uuid) -> Result<Option<String>> {
    let user_id = tx.operation().user_id;
    Ok(sqlx::query_scalar!(
        "DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING name",
        id,
        user_id
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Does signing in need more than the password?
pub async fn has_factor(tx: &mut TenantTx) -> Result<bool> {
    let user_id = tx.operation().user_id;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM totp_authenticators WHERE user_id = $1 AND confirmed_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1) AS "has!""#,
        user_id
    )
    .fetch_one(tx.conn())
    .await?)
}

pub async fn recovery_codes_left(tx: &mut TenantTx) -> Result<i64> {
    let user_id = tx.operation().user_id;
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL"#,
        user_id
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The codes before stop working.
pub async fn replace_recovery_codes(tx: &mut WriteTx, hashes: &[Vec<u8>]) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!("SELECT auth.replace_recovery_codes($1, $2)", hashes, now)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// False for a code that isn't one, or was used.
pub async fn use_recovery_code(tx: &mut WriteTx, hash: &[u8]) -> Result<bool> {
    let now = tx.operation().request.now;
    Ok(
        sqlx::query_scalar!(r#"SELECT auth.use_recovery_code($1, $2) AS "used!""#, hash, now)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// What was removed of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub totp: bool,
    pub passkeys: u64,
    pub recovery_codes: u64,
}

/// Takes every factor off an account, and what waits for one.
pub async fn remove_all(tx: &mut SystemTx, user: Uuid) -> Result<Removed> {
    let totp = sqlx::query!("DELETE FROM totp_authenticators WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    let passkeys = sqlx::query!("DELETE FROM passkeys WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    let recovery_codes = sqlx::query!("DELETE FROM recovery_codes WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    sqlx::query!("DELETE FROM passkey_ceremonies WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    end_challenges_of(tx, user).await?;
    Ok(Removed {
        totp: totp.rows_affected() > 0,
        passkeys: passkeys.rows_affected(),
        recovery_codes: recovery_codes.rows_affected(),
    })
}

/// The account is closed: nothing of it stays.
pub async fn forget_account(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    remove_all(tx, user).await.map(drop)
}
