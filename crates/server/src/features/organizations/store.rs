//! SQL of `organizations` and `organization_memberships`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Result};
use crate::ids::NewOrganizationId;
use crate::permissions::Role;
use crate::plumbing::db::{SystemTx, TenantTx, WriteTx};
use crate::plumbing::edge::paging::Paging;

/// An organization as one of its members sees it.
#[derive(Debug, Clone)]
pub struct OrganizationRow {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    pub color: String,
    pub role: Role,
    pub members_count: i64,
    pub subscription_plan: String,
    pub approve_before_provisioning: bool,
    pub members_can_create_keys: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The organizations the person belongs to.
pub async fn list_mine(tx: &mut TenantTx, paging: &Paging) -> Result<Vec<OrganizationRow>> {
    let user_id = tx.operation().user_id;
    let (beyond_at, beyond_id) = paging.beyond();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                OrganizationRow,
                r#"SELECT o.id, o.name, o.slug, o.color, m.role AS "role: Role", tenancy.members_count(o.id) AS "members_count!", o.subscription_plan,
                    o.approve_before_provisioning, o.members_can_create_keys, o.created_at, o.updated_at
                 FROM organization_memberships m JOIN organizations o ON o.id = m.organization_id
                 WHERE m.user_id = $1 AND o.deleted_at IS NULL AND ($2 = '%' OR o.name ILIKE $2 OR o.slug ILIKE $2)
                    AND (o.created_at, o.id) "# + $beyond + r#" ($3::timestamptz, $4::uuid)
                 ORDER BY o.created_at "# + $order + ", o.id " + $order + " LIMIT $5",
                user_id,
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

/// One of the person's organizations. Somebody else's is like none.
pub async fn mine(tx: &mut TenantTx, id: Uuid) -> Result<Option<OrganizationRow>> {
    let user_id = tx.operation().user_id;
    let row = sqlx::query_as!(
        OrganizationRow,
        r#"SELECT o.id, o.name, o.slug, o.color, m.role AS "role: Role", tenancy.members_count(o.id) AS "members_count!", o.subscription_plan,
            o.approve_before_provisioning, o.members_can_create_keys, o.created_at, o.updated_at
         FROM organization_memberships m JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = $1 AND o.id = $2 AND o.deleted_at IS NULL"#,
        user_id,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

pub struct NewOrganization<'a> {
    pub id: &'a NewOrganizationId,
    pub name: &'a str,
    pub slug: &'a str,
    pub color: &'a str,
    pub owner: Uuid,
    pub now: DateTime<Utc>,
}

/// Founds an organization with its first owner; false when the slug is taken (by anybody, now or ever).
pub async fn found(conn: &mut sqlx::PgConnection, organization: &NewOrganization<'_>) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO organizations (id, name, slug, color, created_by_user_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (slug) DO NOTHING",
        organization.id.get(),
        organization.name,
        organization.slug,
        organization.color,
        organization.owner,
        organization.now,
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    insert_member(
        conn,
        organization.id.get(),
        organization.owner,
        Role::Owner,
        organization.now,
    )
    .await?;
    Ok(true)
}

pub async fn insert_member(
    conn: &mut sqlx::PgConnection,
    organization: Uuid,
    user: Uuid,
    role: Role,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO organization_memberships (organization_id, user_id, role, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
        organization,
        user,
        role.as_str(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// 422 when the slug is taken.
pub async fn update(tx: &mut WriteTx, id: Uuid, name: &str, slug: &str, color: &str) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "UPDATE organizations SET name = $2, slug = $3, color = $4, updated_at = $5 WHERE id = $1 AND deleted_at IS NULL",
        id,
        name,
        slug,
        color,
        now
    )
    .execute(tx.conn())
    .await
    .map_err(|error| if Error::violates(&error, "organizations_slug_key") { slug_taken() } else { error.into() })?;
    Ok(())
}

pub async fn update_policies(
    tx: &mut WriteTx,
    id: Uuid,
    approve_before_provisioning: bool,
    members_can_create_keys: bool,
) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "UPDATE organizations SET approve_before_provisioning = $2, members_can_create_keys = $3, updated_at = $4
         WHERE id = $1 AND deleted_at IS NULL",
        id,
        approve_before_provisioning,
        members_can_create_keys,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends the organization: it keeps its row and its slug, and loses its members. Says who they were. Everybody who works in it
/// must be held before ([`crate::features::sessions::bound_sessions::hold`]).
pub async fn end(tx: &mut WriteTx, id: Uuid) -> Result<Vec<Uuid>> {
    let now = tx.operation().request.now;
    // The full lock also waits for those who are about to become members.
    sqlx::query!("SELECT 1 AS locked FROM organizations WHERE id = $1 FOR UPDATE", id)
        .fetch_one(tx.conn())
        .await?;
    sqlx::query!(
        "UPDATE organizations SET deleted_at = $2, updated_at = $2 WHERE id = $1",
        id,
        now
    )
    .execute(tx.conn())
    .await?;
    let members = sqlx::query_scalar!(
        "DELETE FROM organization_memberships WHERE organization_id = $1 RETURNING user_id",
        id
    )
    .fetch_all(tx.conn())
    .await?;
    settle_owners(tx.conn()).await?;
    Ok(members)
}

pub fn slug_taken() -> Error {
    Error::invalid("slug", FieldCode::Taken, "is taken")
}

/// A member as the others see them.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub user_id: Uuid,
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub role: Role,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: Option<DateTime<Utc>>,
}

pub async fn members(tx: &mut TenantTx, organization: Uuid, paging: &Paging) -> Result<Vec<MemberRow>> {
    let (beyond_at, beyond_id) = paging.beyond();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                MemberRow,
                r#"SELECT u.id AS user_id, u.email, u.username, u.first_name, u.last_name, m.role AS "role: Role", m.created_at, m.last_seen_at
                 FROM organization_memberships m JOIN users u ON u.id = m.user_id
                 WHERE m.organization_id = $1
                    AND ($2 = '%' OR u.email ILIKE $2 OR u.username ILIKE $2 OR (u.first_name || ' ' || u.last_name) ILIKE $2)
                    AND (m.created_at, m.user_id) "# + $beyond + " ($3::timestamptz, $4::uuid)
                 ORDER BY m.created_at " + $order + ", m.user_id " + $order + " LIMIT $5",
                organization,
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

/// One member of the workspace's organization.
pub async fn member(tx: &mut TenantTx, organization: Uuid, user: Uuid) -> Result<Option<MemberRow>> {
    let row = sqlx::query_as!(
        MemberRow,
        r#"SELECT u.id AS user_id, u.email, u.username, u.first_name, u.last_name, m.role AS "role: Role", m.created_at, m.last_seen_at
         FROM organization_memberships m JOIN users u ON u.id = m.user_id
         WHERE m.organization_id = $1 AND m.user_id = $2"#,
        organization,
        user,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// Follow it with [`settle_owners`].
pub async fn set_role(tx: &mut WriteTx, organization: Uuid, user: Uuid, role: Role) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "UPDATE organization_memberships SET role = $3, updated_at = $4 WHERE organization_id = $1 AND user_id = $2",
        organization,
        user,
        role.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Follow it with [`settle_owners`].
pub async fn remove_member(tx: &mut WriteTx, organization: Uuid, user: Uuid) -> Result<()> {
    sqlx::query!(
        "DELETE FROM organization_memberships WHERE organization_id = $1 AND user_id = $2",
        organization,
        user
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets the database judge now, and not at the commit, whether the changed organizations still have an owner.
///
/// # Errors
/// 409 `last_owner`.
pub async fn settle_owners(conn: &mut sqlx::PgConnection) -> Result<()> {
    sqlx::query!("SET CONSTRAINTS organization_last_owner IMMEDIATE")
        .execute(conn)
        .await
        .map_err(|error| {
            if Error::violates(&error, "organization_last_owner") {
                last_owner()
            } else {
                error.into()
            }
        })?;
    Ok(())
}

fn last_owner() -> Error {
    Error::conflict(
        ErrorCode::LastOwner,
        "An organization needs an owner who can sign in, and this is its last one: transfer the ownership to another member first, or delete the organization.",
    )
}

/// The organization with this slug, whoever owns it.
pub async fn id_by_slug(tx: &mut SystemTx, slug: &str) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar!("SELECT id FROM organizations WHERE slug = $1", slug)
            .fetch_optional(tx.conn())
            .await?,
    )
}

/// An organization that somebody whose account ends belongs to.
#[derive(Debug, Clone)]
pub struct Belonging {
    pub organization: Uuid,
    pub name: String,
    pub slug: String,
    pub role: Role,
    /// Nobody else who can sign in owns it.
    pub only_owner: bool,
}

/// Locks the organizations somebody belongs to against other changes of their members, before anything else of the transaction.
pub async fn hold_of_member(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!(
        "SELECT o.id FROM organizations o JOIN organization_memberships m ON m.organization_id = o.id
         WHERE m.user_id = $1 ORDER BY o.id FOR NO KEY UPDATE OF o",
        user
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

pub async fn belongings(tx: &mut SystemTx, user: Uuid) -> Result<Vec<Belonging>> {
    let rows = sqlx::query_as!(
        Belonging,
        r#"SELECT o.id AS organization, o.name, o.slug, m.role AS "role: Role",
            m.role = 'owner' AND NOT EXISTS (SELECT 1 FROM organization_memberships other JOIN users u ON u.id = other.user_id
                WHERE other.organization_id = o.id AND other.role = 'owner' AND other.user_id <> m.user_id
                    AND u.disabled_at IS NULL AND u.deleted_at IS NULL AND u.password_hash IS NOT NULL) AS "only_owner!"
         FROM organizations o JOIN organization_memberships m ON m.organization_id = o.id
         WHERE m.user_id = $1 AND o.deleted_at IS NULL ORDER BY o.id"#,
        user,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Ends every membership of an account that is closed. Follow it with [`settle_owners`].
pub async fn remove_everywhere(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM organization_memberships WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Locks an organization that gets a member from outside, before anything else of the transaction.
pub async fn hold(tx: &mut SystemTx, organization: Uuid) -> Result<()> {
    sqlx::query!(
        "SELECT 1 AS locked FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
        organization
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// Holds the organization's members as they are until the end of the transaction, against everybody who changes them; false when
/// the organization is gone.
pub async fn lock_members(tx: &mut SystemTx, id: Uuid) -> Result<bool> {
    let lives = sqlx::query_scalar!(
        r#"SELECT deleted_at IS NULL AS "lives!" FROM organizations WHERE id = $1 FOR NO KEY UPDATE"#,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(lives == Some(true))
}

/// Somebody's role in an organization.
pub async fn role_of(tx: &mut SystemTx, organization: Uuid, user: Uuid) -> Result<Option<Role>> {
    let role = sqlx::query_scalar!(
        r#"SELECT role AS "role: Role" FROM organization_memberships WHERE organization_id = $1 AND user_id = $2"#,
        organization,
        user
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(role)
}

/// What an organization is called.
pub async fn name_of(tx: &mut SystemTx, id: Uuid) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("SELECT name FROM organizations WHERE id = $1", id)
        .fetch_optional(tx.conn())
        .await?)
}
