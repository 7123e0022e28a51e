//! SQL of `users` for those who administer accounts, and for closing one's own.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::permissions::Role;
use crate::plumbing::db::{SystemTx, TenantTx};
use crate::plumbing::edge::paging::{EVERYTHING, Paging};

/// An account as its administrators see it. Closed ones are never shown.
#[derive(Debug, Clone)]
pub struct AccountRow {
    pub id: Uuid,
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub locale: String,
    pub platform_role: String,
    pub account_plan: String,
    pub email_verified_at: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// In the organization that was asked about, if one was; so are the next two.
    pub last_seen_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub role: Option<Role>,
}

/// The accounts the workspace may see: members of the organization, or all of them for the platform.
pub async fn list(tx: &mut TenantTx, organization: Option<Uuid>, paging: &Paging) -> Result<Vec<AccountRow>> {
    match organization {
        Some(organization) => members(tx, organization, paging).await,
        None => all(tx, paging).await,
    }
}

async fn members(tx: &mut TenantTx, organization: Uuid, paging: &Paging) -> Result<Vec<AccountRow>> {
    let (beyond_at, beyond_id) = paging.beyond();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                AccountRow,
                r#"SELECT u.id, u.email, u.username, u.first_name, u.last_name, u.locale, u.platform_role, u.account_plan, u.email_verified_at,
                    u.disabled_at, m.last_seen_at, m.created_at, m.role AS "role?: Role"
                 FROM organization_memberships m JOIN users u ON u.id = m.user_id
                 WHERE m.organization_id = $5 AND u.deleted_at IS NULL
                    AND ($1 = '%' OR u.email ILIKE $1 OR u.username ILIKE $1 OR (u.first_name || ' ' || u.last_name) ILIKE $1)
                    AND (m.created_at, m.user_id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                 ORDER BY m.created_at "# + $order + ", m.user_id " + $order + " LIMIT $4",
                paging.pattern,
                beyond_at,
                beyond_id,
                paging.fetch(),
                organization,
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    })
}

async fn all(tx: &mut TenantTx, paging: &Paging) -> Result<Vec<AccountRow>> {
    let (beyond_at, beyond_id) = paging.beyond();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                AccountRow,
                r#"SELECT u.id, u.email, u.username, u.first_name, u.last_name, u.locale, u.platform_role, u.account_plan, u.email_verified_at,
                    u.disabled_at, u.last_seen_at, u.created_at, NULL AS "role?: Role"
                 FROM users u
                 WHERE u.deleted_at IS NULL
                    AND ($1 = '%' OR u.email ILIKE $1 OR u.username ILIKE $1 OR (u.first_name || ' ' || u.last_name) ILIKE $1)
                    AND (u.created_at, u.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                 ORDER BY u.created_at "# + $order + ", u.id " + $order + " LIMIT $4",
                paging.pattern,
                beyond_at,
                beyond_id,
                paging.fetch(),
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    })
}

/// How many accounts [`list`] would find on all pages together.
pub async fn count(tx: &mut TenantTx, organization: Option<Uuid>, paging: &Paging) -> Result<i64> {
    // Whose account is closed is no member any more, so without a text nobody's account needs to be looked at.
    if let (Some(organization), EVERYTHING) = (organization, paging.pattern.as_str()) {
        return Ok(sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM organization_memberships WHERE organization_id = $1"#,
            organization
        )
        .fetch_one(tx.conn())
        .await?);
    }
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
         FROM users u LEFT JOIN organization_memberships m ON m.user_id = u.id AND m.organization_id = $2
         WHERE u.deleted_at IS NULL AND ($2::uuid IS NULL OR m.user_id IS NOT NULL)
            AND ($1 = '%' OR u.email ILIKE $1 OR u.username ILIKE $1 OR (u.first_name || ' ' || u.last_name) ILIKE $1)"#,
        paging.pattern,
        organization,
    )
    .fetch_one(tx.conn())
    .await?)
}

pub async fn find(tx: &mut TenantTx, organization: Option<Uuid>, id: Uuid) -> Result<Option<AccountRow>> {
    let row = sqlx::query_as!(
        AccountRow,
        r#"SELECT u.id, u.email, u.username, u.first_name, u.last_name, u.locale, u.platform_role, u.account_plan, u.email_verified_at,
            u.disabled_at, CASE WHEN $2::uuid IS NULL THEN u.last_seen_at ELSE m.last_seen_at END AS last_seen_at,
            COALESCE(m.created_at, u.created_at) AS "created_at!", m.role AS "role?: Role"
         FROM users u LEFT JOIN organization_memberships m ON m.user_id = u.id AND m.organization_id = $2
         WHERE u.id = $1 AND u.deleted_at IS NULL AND ($2::uuid IS NULL OR m.user_id IS NOT NULL)"#,
        id,
        organization,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// Makes changes of who may sign in, and as what, take turns: first of all in the transaction. They are rare, and each looks at
/// all the others ("not the last platform admin").
pub async fn take_turns(tx: &mut SystemTx) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('inventiv.accounts', 0))")
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// One account, held until the end of the transaction.
pub async fn lock(tx: &mut SystemTx, id: Uuid) -> Result<Option<AccountRow>> {
    let row = sqlx::query_as!(
        AccountRow,
        r#"SELECT id, email, username, first_name, last_name, locale, platform_role, account_plan, email_verified_at, disabled_at,
            last_seen_at, created_at, NULL AS "role: Role" FROM users WHERE id = $1 AND deleted_at IS NULL FOR UPDATE"#,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// Is there another platform admin who can sign in?
pub async fn another_platform_admin(tx: &mut SystemTx, than: Uuid) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE platform_role = 'admin' AND disabled_at IS NULL AND deleted_at IS NULL AND password_hash IS NOT NULL AND id <> $1) AS "exists!""#,
        than
    )
    .fetch_one(tx.conn())
    .await?)
}

pub async fn email_exists(tx: &mut SystemTx, email: &str) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE email = $1) AS "exists!""#,
        email
    )
    .fetch_one(tx.conn())
    .await?)
}

/// An account for somebody who will choose the password later, by a link to the address.
pub struct PendingAccount<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub locale: &'a str,
    pub platform_admin: bool,
    pub now: DateTime<Utc>,
}

/// False when the username is taken.
///
/// # Errors
/// 422 when the address belongs to another account.
pub async fn insert_pending(tx: &mut SystemTx, account: &PendingAccount<'_>, username: &str) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO users (id, email, username, first_name, last_name, locale, platform_role, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (username) DO NOTHING",
        account.id,
        account.email,
        username,
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
            Error::invalid("email", FieldCode::Taken, "belongs to another account")
        } else {
            error.into()
        }
    })?;
    Ok(done.rows_affected() == 1)
}

/// # Errors
/// 422 when another account has the username.
pub async fn update(tx: &mut SystemTx, account: &AccountRow, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE users SET username = $2, first_name = $3, last_name = $4, locale = $5, platform_role = $6, disabled_at = $7, updated_at = $8
         WHERE id = $1",
        account.id,
        account.username,
        account.first_name,
        account.last_name,
        account.locale,
        account.platform_role,
        account.disabled_at,
        now,
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

/// Nobody signs in to the account any more, and nothing in its row says whose it was.
pub async fn anonymise(tx: &mut SystemTx, user: Uuid, now: DateTime<Utc>) -> Result<()> {
    // Nobody can take these: a username has no colon, and an address no domain that is invalid.
    let name = format!("deleted:{}", user.simple());
    sqlx::query!(
        "UPDATE users SET email = $2, username = $3, password_hash = NULL, first_name = '', last_name = '', locale = 'en',
            platform_role = 'user', email_verified_at = NULL, last_seen_at = NULL, disabled_at = COALESCE(disabled_at, $4),
            deleted_at = $4, updated_at = $4
         WHERE id = $1",
        user,
        format!("{}@deleted.invalid", user.simple()),
        name,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
