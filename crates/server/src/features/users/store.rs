//! SQL of `users`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rules::normalise;
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Result};
use crate::plumbing::db::{Db, SystemTx, TenantTx, WriteTx};

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
        normalise(login)
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
    tx: &mut WriteTx,
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
            Error::invalid("username", FieldCode::Taken, "is taken")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// The hash of the password of an enabled account; `None` otherwise. Locks the account before what belongs to it, as everybody does,
/// in a transaction that holds nothing yet: what may end a sign-in waits for this one, or is seen by it.
pub async fn hold_account(tx: &mut WriteTx) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("SELECT auth.hold_own_account()")
        .fetch_one(tx.conn())
        .await?)
}

/// Of the person of the transaction. Whoever means to replace it holds the account.
pub async fn password_hash(tx: &mut TenantTx) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("SELECT auth.own_password_hash()")
        .fetch_one(tx.conn())
        .await?)
}

pub async fn has_password(tx: &mut TenantTx) -> Result<bool> {
    Ok(password_hash(tx).await?.is_some())
}

pub async fn set_password_hash(tx: &mut WriteTx, hash: &str) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!("SELECT auth.set_own_password($1, $2)", hash, now)
        .fetch_one(tx.conn())
        .await?;
    Ok(())
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
    /// Whoever makes it reads the mail of the address, or is the operator.
    pub mailbox_proven: bool,
    pub now: DateTime<Utc>,
}

/// # Errors
/// 422 when the address or the username belongs to another account.
pub async fn insert_account(tx: &mut SystemTx, account: &NewAccount<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO users (id, email, username, password_hash, first_name, last_name, locale, platform_role, email_verified_at, created_at,
            updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        account.id,
        account.email,
        account.username,
        account.password_hash,
        account.first_name,
        account.last_name,
        account.locale,
        if account.platform_admin { "admin" } else { "user" },
        account.mailbox_proven.then_some(account.now),
        account.now,
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        if Error::violates(&error, "users_email_key") {
            Error::invalid("email", FieldCode::Taken, "belongs to another account")
        } else if Error::violates(&error, "users_username_key") {
            Error::invalid("username", FieldCode::Taken, "is taken")
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

/// The enabled account with this address.
pub async fn enabled_account(tx: &mut SystemTx, email: &str) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar!("SELECT id FROM users WHERE email = $1 AND disabled_at IS NULL", email)
            .fetch_optional(tx.conn())
            .await?,
    )
}

/// # Errors
/// 409 `email_taken` when the address belongs to another account.
pub async fn set_email(tx: &mut WriteTx, email: &str) -> Result<()> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    sqlx::query!(
        "UPDATE users SET email = $2, email_verified_at = $3, updated_at = $3 WHERE id = $1",
        user_id,
        email,
        now
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        if Error::violates(&error, "users_email_key") {
            Error::conflict(ErrorCode::EmailTaken, "This address belongs to another account.")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// What somebody left in an account before its mailbox was proven.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Planted {
    pub authenticators: i64,
    pub passkeys: i64,
    /// Keys, each with its tenant.
    pub keys: Vec<(Uuid, Uuid)>,
}

/// Whoever opened the link reads the mail of the account's address. The first time, ways in that were there before are removed.
pub async fn prove_mailbox(tx: &mut WriteTx) -> Result<Planted> {
    let now = tx.operation().request.now;
    let row = sqlx::query!(
        r#"SELECT authenticators AS "authenticators!", passkeys AS "passkeys!", keys AS "keys!", key_tenants AS "key_tenants!"
         FROM auth.prove_mailbox($1)"#,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map_or_else(Planted::default, |row| Planted {
        authenticators: row.authenticators,
        passkeys: row.passkeys,
        keys: row.keys.into_iter().zip(row.key_tenants).collect(),
    }))
}

/// Replaces a password from outside a session.
pub async fn set_password_of(tx: &mut SystemTx, user_id: Uuid, hash: &str, now: DateTime<Utc>) -> Result<()> {
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

/// The person of the transaction is here now.
pub async fn mark_seen(tx: &mut WriteTx) -> Result<()> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    sqlx::query!("UPDATE users SET last_seen_at = $2 WHERE id = $1", user_id, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}
