//! Founding, listing, switching to and changing organizations.

use serde_json::json;
use uuid::Uuid;

use super::Organizations;
use super::rules::{check_color, check_name, check_slug, color_for, slug_from_name};
use super::store::{self, MemberRow, NewOrganization, OrganizationRow};
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::sessions;
use crate::ids::NewOrganizationId;
use crate::operation::{Authorized, Operation, Workspace};
use crate::permissions::Role;
use crate::plumbing::db::SystemTx;
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::paging::{Page, Paging};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::plumbing::events::{self, Topic};
use crate::plumbing::quotas::{self, Quota};
use crate::validation::Validation;

/// How many slugs are tried for a name before giving up.
const SLUG_ATTEMPTS: u32 = 50;

#[derive(Debug, Clone, Default)]
pub struct OrganizationRequest {
    pub name: String,
    pub slug: Option<String>,
    pub color: Option<String>,
}

pub async fn list(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    paging: &Paging,
) -> Result<Page<OrganizationRow>> {
    let mut tx = organizations.core.db.read(&authorized).await?;
    let rows = store::list_mine(&mut tx, paging).await?;
    Ok(paging.page(rows, |row| (row.created_at, row.id), |row| row))
}

/// Founds an organization owned by the person. The session stays where it is.
///
/// # Errors
/// 422 naming the field; a slug that was asked for and is taken is one, a derived slug finds a free variant.
pub async fn create(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    request: OrganizationRequest,
    attempt: &Attempt<'_>,
    show: impl FnOnce(OrganizationRow) -> Result<serde_json::Value>,
) -> Result<FirstAnswer> {
    let mut tx = organizations.core.db.write(&authorized).await?;
    if let Some(answer) = attempt.replay(&mut tx).await? {
        return Ok(answer);
    }
    let mut validation = Validation::default();
    check_name(&mut validation, &request.name);
    if let Some(slug) = &request.slug {
        check_slug(&mut validation, slug);
    }
    if let Some(color) = &request.color {
        check_color(&mut validation, color);
    }
    validation.finish()?;
    let is_platform_admin = matches!(authorized.workspace, Workspace::Personal { platform_admin: true });
    let quotas = Quota::organizations_founded(authorized.user_id, is_platform_admin, authorized.request.ip);
    quotas::spend_in(tx.conn(), &quotas, authorized.request.now).await?;

    // The key belongs to the workspace the request came from, so the answer is kept before the transaction moves.
    let (new, owner, now) = (
        NewOrganizationId::generate(),
        authorized.user_id,
        authorized.request.now,
    );
    let origin = tx.enter_workspace_of_new_organization(&new).await?;
    let mut founded = false;
    for number in 0..SLUG_ATTEMPTS {
        let slug = request
            .slug
            .clone()
            .unwrap_or_else(|| slug_from_name(&request.name, number));
        let color = request.color.clone().unwrap_or_else(|| color_for(&slug).to_owned());
        let organization = NewOrganization {
            id: &new,
            name: request.name.trim(),
            slug: &slug,
            color: &color,
            owner,
            now,
        };
        founded = store::found(tx.conn(), &organization).await?;
        if founded || request.slug.is_some() {
            break;
        }
    }
    if !founded {
        return Err(store::slug_taken());
    }
    let id = new.get();
    let row = store::mine(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let after = json!({"name": row.name, "slug": row.slug, "color": row.color});
    audit::record(
        &mut tx,
        Act::new("organization.create", "organization", id).after(&after),
    )
    .await?;
    events::notify(tx.conn(), Topic::Organizations, owner, id).await?;
    let answer = FirstAnswer::created(show(row)?);
    tx.return_to_workspace(origin).await?;
    attempt.keep(&mut tx, &answer, None).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Moves the session into one of the person's organizations, or into Personal.
///
/// # Errors
/// 422 on `organization_id` for an organization the person does not belong to, which looks the same as none.
pub async fn switch(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    organization_id: Option<Uuid>,
) -> Result<(Operation, String)> {
    let db = &organizations.core.db;
    let (mut tx, target) = match organization_id {
        None => (db.write_to_account(&authorized).await?, None),
        Some(id) => {
            let (tx, role) = db.write_to_account_entering(&authorized, id).await?;
            let unknown = || {
                Error::invalid(
                    "organization_id",
                    FieldCode::Unknown,
                    "is not an organization you belong to",
                )
            };
            (tx, Some((id, role.ok_or_else(unknown)?)))
        }
    };
    let token = sessions::choose_workspace(&organizations.sessions, &mut tx, target).await?;
    let user_id = authorized.user_id;
    let act = Act::new("session.switch_workspace", "session", authorized.session_id);
    audit::record_in(
        &mut tx,
        user_id,
        act.after(&json!({"organization_id": organization_id})),
    )
    .await?;
    tx.commit().await?;
    let (operation, _, _) = sessions::authenticate(&organizations.sessions, &token, &authorized.request).await?;
    Ok((operation, token))
}

/// The organization of the workspace.
pub async fn current(organizations: &Organizations, authorized: Authorized<'_>) -> Result<OrganizationRow> {
    let (id, _) = authorized.workspace.organization(authorized.permission())?;
    let mut tx = organizations.core.db.read(&authorized).await?;
    store::mine(&mut tx, id).await?.ok_or_else(Error::not_found)
}

/// What may be changed of an organization; absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct OrganizationChange {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub color: Option<String>,
}

/// # Errors
/// 422 naming the field; 412 when `if_match` is not the organization's current tag.
pub async fn update(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    change: OrganizationChange,
    if_match: &IfMatch,
) -> Result<OrganizationRow> {
    let (id, _) = authorized.workspace.organization(authorized.permission())?;
    let mut tx = organizations.core.db.write_to_organization(&authorized).await?;
    let before = store::mine(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    if_match.check(&tag(&before))?;
    let name = change.name.unwrap_or_else(|| before.name.clone());
    let slug = change.slug.unwrap_or_else(|| before.slug.clone());
    let color = change.color.unwrap_or_else(|| before.color.clone());
    let mut validation = Validation::default();
    check_name(&mut validation, &name);
    check_slug(&mut validation, &slug);
    check_color(&mut validation, &color);
    validation.finish()?;
    store::update(&mut tx, id, name.trim(), &slug, &color).await?;
    let after = store::mine(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let show = |row: &OrganizationRow| json!({"name": row.name, "slug": row.slug, "color": row.color});
    audit::record(
        &mut tx,
        Act::new("organization.update", "organization", id)
            .before(&show(&before))
            .after(&show(&after)),
    )
    .await?;
    events::notify(tx.conn(), Topic::Organizations, id, id).await?;
    tx.commit().await?;
    Ok(after)
}

/// The organization's policies; absent ones stay.
#[derive(Debug, Clone, Default)]
pub struct PolicyChange {
    pub approve_before_provisioning: Option<bool>,
    pub members_can_create_keys: Option<bool>,
}

/// # Errors
/// 412 when `if_match` is not the organization's current tag.
pub async fn update_policies(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    change: PolicyChange,
    if_match: &IfMatch,
) -> Result<OrganizationRow> {
    let (id, _) = authorized.workspace.organization(authorized.permission())?;
    let mut tx = organizations.core.db.write_to_organization(&authorized).await?;
    let before = store::mine(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    if_match.check(&tag(&before))?;
    let approve = change
        .approve_before_provisioning
        .unwrap_or(before.approve_before_provisioning);
    let keys = change.members_can_create_keys.unwrap_or(before.members_can_create_keys);
    store::update_policies(&mut tx, id, approve, keys).await?;
    let after = store::mine(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let show = |row: &OrganizationRow| {
        json!({
            "approve_before_provisioning": row.approve_before_provisioning,
            "members_can_create_keys": row.members_can_create_keys,
        })
    };
    let act = Act::new("organization.update_policies", "organization", id);
    audit::record(&mut tx, act.before(&show(&before)).after(&show(&after))).await?;
    events::notify(tx.conn(), Topic::Organizations, id, id).await?;
    tx.commit().await?;
    Ok(after)
}

/// The version tag of an organization, for `ETag` and `If-Match`.
pub fn tag(row: &OrganizationRow) -> Tag {
    Tag::of_change(row.updated_at)
}

pub async fn members(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    paging: &Paging,
) -> Result<Page<MemberRow>> {
    let (id, _) = authorized.workspace.organization(authorized.permission())?;
    let mut tx = organizations.core.db.read(&authorized).await?;
    let rows = store::members(&mut tx, id, paging).await?;
    Ok(paging.page(rows, |row| (row.created_at, row.user_id), |row| row))
}

/// An organization made by the platform itself (first start, sample data).
pub async fn found_by_platform(
    organizations: &Organizations,
    tx: &mut SystemTx,
    name: &str,
    owner: Uuid,
) -> Result<Uuid> {
    let (new, now) = (NewOrganizationId::generate(), organizations.core.clock.now());
    let id = new.get();
    let slug = slug_from_name(name, 0);
    let organization = NewOrganization {
        id: &new,
        name,
        slug: &slug,
        color: color_for(&slug),
        owner,
        now,
    };
    if !store::found(tx.conn(), &organization).await? {
        return Err(store::slug_taken());
    }
    let after = json!({"name": name, "slug": slug, "owner": owner});
    audit::record_system(
        tx,
        id,
        now,
        Act::new("organization.create", "organization", id).after(&after),
    )
    .await?;
    Ok(id)
}

/// A member added by the platform itself (sample data).
pub async fn add_member_by_platform(
    organizations: &Organizations,
    tx: &mut SystemTx,
    organization: Uuid,
    user: Uuid,
    role: Role,
) -> Result<()> {
    let now = organizations.core.clock.now();
    store::insert_member(tx.conn(), organization, user, role, now).await?;
    let after = json!({"role": role});
    audit::record_system(
        tx,
        organization,
        now,
        Act::new("member.add", "user", user).after(&after),
    )
    .await
}
