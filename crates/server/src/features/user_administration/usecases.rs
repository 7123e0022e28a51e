//! Listing, making, changing and ending accounts or memberships.

use serde_json::{Value, json};
use uuid::Uuid;

use super::UserAdministration;
use super::closing;
use super::rules::{Owner, refuse_given, username_from_email};
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Result};
use crate::features::api_keys::leavers;
use crate::features::audit::{self, Act};
use crate::features::organizations;
use crate::features::organizations::members;
use crate::features::organizations::members::require_delegation;
use crate::features::recovery::{Newcomer, welcome};
use crate::features::sessions;
use crate::features::users::{self, AccountRow, PendingAccount};
use crate::features::users::{check_email, check_names, check_username, normalise};
use crate::ids::PLATFORM;
use crate::operation::{Authorized, Operation, Workspace};
use crate::permissions::Role;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::paging::{Page, Paging, SearchResult};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::plumbing::events::{self, Topic};
use crate::plumbing::quotas::{self, Quota};
use crate::validation::Validation;

/// How many usernames are tried for an address before giving up.
const USERNAME_ATTEMPTS: u32 = 50;

pub async fn list(
    administration: &UserAdministration,
    authorized: Authorized<'_>,
    paging: &Paging,
) -> Result<Page<AccountRow>> {
    let mut tx = administration.core.db.read(&authorized).await?;
    let rows = users::list(&mut tx, authorized.workspace.organization_id(), paging).await?;
    Ok(paging.page(rows, |row| (row.created_at, row.id), |row| row))
}

pub async fn search(
    administration: &UserAdministration,
    authorized: Authorized<'_>,
    paging: &Paging,
) -> Result<SearchResult<AccountRow>> {
    let organization = authorized.workspace.organization_id();
    let mut tx = administration.core.db.read(&authorized).await?;
    let total = users::count(&mut tx, organization, paging).await?;
    let rows = users::list(&mut tx, organization, paging).await?;
    let items = paging.page(rows, |row| (row.created_at, row.id), |row| row).items;
    Ok(SearchResult { items, total })
}

/// # Errors
/// 404 for an account that is out of sight here.
pub async fn get(administration: &UserAdministration, authorized: Authorized<'_>, id: Uuid) -> Result<AccountRow> {
    let mut tx = administration.core.db.read(&authorized).await?;
    let organization = authorized.workspace.organization_id();
    users::find(&mut tx, organization, id)
        .await?
        .ok_or_else(Error::not_found)
}

#[derive(Debug, Clone, Default)]
pub struct UserRequest {
    pub email: String,
    pub username: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub locale: Option<String>,
    /// In an organization: the role there.
    pub role: Option<Role>,
    /// In Personal: is this a platform admin?
    pub platform_admin: Option<bool>,
}

/// Makes an account for somebody who has none, and mails the link to choose a password; in an organization also the membership,
/// in the same transaction. `show` gets the link where no mail server carries it.
///
/// # Errors
/// 403 `delegation`; 409 `use_invitation` when the address has an account; 429 when too many people were brought in today; 422 naming the field.
pub async fn create(
    administration: &UserAdministration,
    authorized: Authorized<'_>,
    request: UserRequest,
    attempt: &Attempt<'_>,
    show: impl FnOnce(AccountRow, Option<String>) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut tx = administration
        .core
        .db
        .system(SystemReason::AccountAdministration)
        .await?;
    if let Some(organization) = authorized.workspace.organization_id() {
        organizations::hold(&mut tx, organization).await?;
    }
    let actor = tx.act_for(&authorized).await?;
    if let Some(answer) = attempt.replay_for(tx.conn(), &actor).await? {
        return Ok(answer);
    }
    let membership = match actor.workspace {
        Workspace::Organization { id, role } => {
            refuse_given(&[("platform_role", request.platform_admin.is_some())], &Owner::Person)?;
            let given = request.role.unwrap_or(Role::User);
            require_delegation(role, None, Some(given), authorized.permission())?;
            Some((id, given))
        }
        Workspace::Personal { .. } => {
            refuse_given(&[("role", request.role.is_some())], &Owner::Organization)?;
            None
        }
    };
    let (by, ip, email) = (actor.user_id, actor.request.ip, normalise(&request.email));
    let quotas = match membership {
        Some((organization, _)) => Quota::people_brought_in(by, organization, ip, &[email]),
        None => Quota::accounts_made(by),
    };
    quotas::spend_in(tx.conn(), &quotas, actor.request.now).await?;
    let user = insert(&mut tx, &actor, &request).await?;
    let mut after =
        json!({"email": normalise(&request.email), "platform_admin": request.platform_admin.unwrap_or(false)});
    let chain = match membership {
        Some((organization, role)) => {
            organizations::insert_member(tx.conn(), organization, user, role, actor.request.now).await?;
            events::notify(tx.conn(), Topic::Members, organization, user).await?;
            after = json!({"email": normalise(&request.email), "role": role});
            organization
        }
        None => PLATFORM,
    };
    // The account's own log begins with it: one that is missing was taken away.
    for chain in [chain, user] {
        let act = Act::new("user.create", "user", user).after(&after);
        audit::record_by(&mut tx, &actor, chain, act).await?;
    }
    let mut row = users::lock(&mut tx, user).await?.ok_or_else(Error::not_found)?;
    row.role = membership.map(|(_, role)| role);
    let organization = match membership {
        Some((organization, _)) => organizations::name_of(&mut tx, organization).await?,
        None => None,
    };
    let newcomer = Newcomer {
        user_id: user,
        email: &row.email,
        username: &row.username,
        locale: &row.locale,
        organization: organization.as_deref(),
        handed_over_at: &actor.request.origin,
    };
    let link = welcome(&administration.recovery, &mut tx, &newcomer).await?;
    let answer = FirstAnswer::created(show(row, link)?);
    attempt.keep_for(tx.conn(), &actor, &answer, Some("link")).await?;
    tx.commit().await?;
    administration.core.mail.now();
    Ok(answer)
}

async fn insert(tx: &mut SystemTx, actor: &Operation, request: &UserRequest) -> Result<Uuid> {
    let email = normalise(&request.email);
    let username = request.username.as_deref().map(normalise);
    let (first_name, last_name) = (
        request.first_name.as_deref().unwrap_or_default(),
        request.last_name.as_deref().unwrap_or_default(),
    );
    let locale = request.locale.as_deref().unwrap_or("en");
    let mut validation = Validation::default();
    check_email(&mut validation, "email", &email);
    if let Some(username) = &username {
        check_username(&mut validation, "username", username);
    }
    check_names(&mut validation, first_name, last_name, locale);
    validation.finish()?;
    if users::email_exists(tx, &email).await? {
        return Err(Error::conflict(
            ErrorCode::UseInvitation,
            "Somebody has an account with this address already: invite them into the organization instead.",
        ));
    }
    let account = PendingAccount {
        id: crate::ids::new_id(),
        email: &email,
        first_name: first_name.trim(),
        last_name: last_name.trim(),
        locale,
        platform_admin: request.platform_admin.unwrap_or(false),
        now: actor.request.now,
    };
    for attempt in 0..USERNAME_ATTEMPTS {
        let name = username.clone().unwrap_or_else(|| username_from_email(&email, attempt));
        if users::insert_pending(tx, &account, &name).await? {
            return Ok(account.id);
        }
        if username.is_some() {
            break;
        }
    }
    Err(Error::invalid("username", FieldCode::Taken, "is taken"))
}

/// What may be changed of a user; absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub username: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub locale: Option<String>,
    pub disabled: Option<bool>,
    pub platform_admin: Option<bool>,
    pub role: Option<Role>,
}

/// In an organization the role, in Personal the account. The change is read after the user was found.
///
/// # Errors
/// 404 for an account that is out of sight here; 412 when `if_match` is not the current tag; 403 `delegation`; 409 `last_owner`,
/// `sole_owner` listing the organizations, `last_platform_admin`; 422 `account_field`
/// for what an organization has no say in, `organization_field` for a role in Personal, or naming the field.
pub async fn update(
    administration: &UserAdministration,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    change: impl FnOnce() -> Result<UserChange>,
) -> Result<AccountRow> {
    if authorized.workspace.organization_id().is_some() {
        members::change_role(&administration.organizations, authorized, id, if_match, || {
            new_role(change()?)
        })
        .await?;
    } else {
        update_account(administration, authorized, id, if_match, change).await?;
    }
    get(administration, authorized, id).await
}

fn new_role(change: UserChange) -> Result<Role> {
    let fields = [
        ("username", change.username.is_some()),
        ("first_name", change.first_name.is_some()),
        ("last_name", change.last_name.is_some()),
        ("locale", change.locale.is_some()),
        ("disabled", change.disabled.is_some()),
        ("platform_role", change.platform_admin.is_some()),
    ];
    refuse_given(&fields, &Owner::Person)?;
    change
        .role
        .ok_or_else(|| Error::invalid("role", FieldCode::Required, "is required"))
}

async fn update_account(
    administration: &UserAdministration,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    change: impl FnOnce() -> Result<UserChange>,
) -> Result<()> {
    let mut tx = administration
        .core
        .db
        .system(SystemReason::AccountAdministration)
        .await?;
    users::take_turns(&mut tx).await?;
    organizations::hold_of_member(&mut tx, id).await?;
    sessions::of_account::hold(&mut tx, id).await?;
    let actor = tx.act_for(&authorized).await?;
    let before = users::lock(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    if_match.check(&tag(&before))?;
    let change = change()?;
    refuse_given(&[("role", change.role.is_some())], &Owner::Organization)?;
    let now = actor.request.now;
    let after = changed(&before, change, now)?;
    let stands_down = |row: &AccountRow| row.platform_role != "admin" || row.disabled_at.is_some();
    if !stands_down(&before) && stands_down(&after) && !users::another_platform_admin(&mut tx, id).await? {
        return Err(closing::last_platform_admin());
    }
    let is_shut_out = before.disabled_at.is_none() && after.disabled_at.is_some();
    if is_shut_out {
        let belongings = organizations::belongings(&mut tx, id).await?;
        closing::require_other_owners(&belongings)?;
    }
    let mut outcome = described(&after);
    if is_shut_out {
        outcome["sessions_ended"] = json!(closing::shut_out(&mut tx, id, now).await?);
    } else if before.platform_role != after.platform_role {
        sessions::of_account::announce(&mut tx, id).await?;
    }
    users::update(&mut tx, &after, now).await?;
    if before.disabled_at.is_some() != after.disabled_at.is_some() {
        leavers::announce_of_account(&mut tx, id).await?;
    }
    let before = described(&before);
    let act = Act::new("user.update", "user", id).before(&before).after(&outcome);
    audit::record_by(&mut tx, &actor, PLATFORM, act).await?;
    tx.commit().await
}

/// The account with the change, checked.
fn changed(before: &AccountRow, change: UserChange, now: chrono::DateTime<chrono::Utc>) -> Result<AccountRow> {
    let mut after = before.clone();
    let mut validation = Validation::default();
    if let Some(username) = change.username {
        after.username = normalise(&username);
        // One from before a rule may stay.
        if after.username != before.username {
            check_username(&mut validation, "username", &after.username);
        }
    }
    after.first_name = change
        .first_name
        .map_or(after.first_name, |name| name.trim().to_owned());
    after.last_name = change.last_name.map_or(after.last_name, |name| name.trim().to_owned());
    after.locale = change.locale.unwrap_or(after.locale);
    check_names(&mut validation, &after.first_name, &after.last_name, &after.locale);
    validation.finish()?;
    after.disabled_at = match change.disabled {
        Some(true) => before.disabled_at.or(Some(now)),
        Some(false) => None,
        None => before.disabled_at,
    };
    if let Some(admin) = change.platform_admin {
        after.platform_role = if admin { "admin" } else { "user" }.to_owned();
    }
    Ok(after)
}

/// The version tag of a user as this workspace sees it, for `ETag` and `If-Match`.
pub fn tag(row: &AccountRow) -> Tag {
    match row.role {
        Some(role) => members::tag(row.id, role),
        None => Tag::of(&described(row)),
    }
}

fn described(row: &AccountRow) -> Value {
    json!({
        "username": row.username, "first_name": row.first_name, "last_name": row.last_name, "locale": row.locale,
        "platform_role": row.platform_role, "disabled": row.disabled_at.is_some(),
    })
}

/// In an organization ends the membership, in Personal closes the account.
///
/// # Errors
/// 404 for an account that is out of sight here; 403 `delegation`; 409 `last_owner`, `sole_owner`, `last_platform_admin`.
pub async fn delete(administration: &UserAdministration, authorized: Authorized<'_>, id: Uuid) -> Result<()> {
    if authorized.workspace.organization_id().is_some() {
        members::remove(&administration.organizations, authorized, id).await
    } else {
        closing::close(administration, authorized, id).await
    }
}
