//! Changing roles, removing, leaving, transferring the ownership.

use serde_json::json;
use uuid::Uuid;

use super::rules::require_delegation;
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::api_keys::leavers;
use crate::features::audit::{self, Act};
use crate::features::organizations::Organizations;
use crate::features::organizations::store::{self, MemberRow};
use crate::features::sessions::{self, bound_sessions};
use crate::operation::{Authorized, Operation};
use crate::permissions::Role;
use crate::plumbing::db::{TenantTx, WriteTx};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::plumbing::events::{self, Topic};

/// Gives a member another role. The role is read after the member was found.
///
/// # Errors
/// 404 for somebody who is no member; 403 `delegation`; 412 when `if_match` is not the current tag; 409 `last_owner`; what `to`
/// refuses.
pub async fn change_role(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    user: Uuid,
    if_match: &IfMatch,
    to: impl FnOnce() -> Result<Role>,
) -> Result<MemberRow> {
    let mut tx = organizations.core.db.write_to_organization(&authorized).await?;
    let (organization, actor) = tx.operation().workspace.organization(authorized.permission())?;
    let before = load(&mut tx, organization, user).await?;
    let from = before.role;
    require_delegation(actor, Some(from), None, authorized.permission())?;
    if_match.check(&tag(user, from))?;
    let to = to()?;
    require_delegation(actor, Some(from), Some(to), authorized.permission())?;
    if from == to {
        return Ok(before);
    }
    assign(&mut tx, organization, &[RoleChange { user, from, to }]).await?;
    let after = load(&mut tx, organization, user).await?;
    tx.commit().await?;
    Ok(after)
}

/// Takes somebody's membership away.
///
/// # Errors
/// 404 for somebody who is no member; 403 `delegation`; 409 `last_owner`.
pub async fn remove(organizations: &Organizations, authorized: Authorized<'_>, user: Uuid) -> Result<()> {
    let mut tx = organizations.core.db.write_to_organization(&authorized).await?;
    let (organization, actor) = tx.operation().workspace.organization(authorized.permission())?;
    let from = load(&mut tx, organization, user).await?.role;
    require_delegation(actor, Some(from), None, authorized.permission())?;
    end_membership(&mut tx, organization, user, from, "member.remove").await?;
    tx.commit().await
}

/// Ends the own membership. This session goes on in Personal under the returned token; the others there are moved too.
///
/// # Errors
/// 409 `last_owner`.
pub async fn leave(organizations: &Organizations, authorized: Authorized<'_>) -> Result<(Operation, String)> {
    let mut tx = organizations.core.db.write_to_organization(&authorized).await?;
    let (organization, role) = tx.operation().workspace.organization(authorized.permission())?;
    let token = sessions::go_to_personal(&organizations.sessions, &mut tx).await?;
    end_membership(&mut tx, organization, authorized.user_id, role, "member.leave").await?;
    tx.commit().await?;
    let (operation, _, _) = sessions::authenticate(&organizations.sessions, &token, &authorized.request).await?;
    Ok((operation, token))
}

/// Makes another member an owner and gives the own ownership up, in one act. The request (whom, and the role to keep) is read
/// once the actor is known to be an owner.
///
/// # Errors
/// 403 `delegation` unless the actor is an owner; 422 on `user_id` for somebody who is no other member.
pub async fn transfer_ownership(
    organizations: &Organizations,
    authorized: Authorized<'_>,
    request: impl FnOnce() -> Result<(Uuid, Role)>,
) -> Result<(MemberRow, MemberRow)> {
    let mut tx = organizations.core.db.write_to_organization(&authorized).await?;
    let (organization, actor) = tx.operation().workspace.organization(authorized.permission())?;
    require_delegation(actor, Some(Role::Owner), Some(Role::Owner), authorized.permission())?;
    let (to, keep_role) = request()?;
    let unknown = || {
        Error::invalid(
            "user_id",
            FieldCode::Unknown,
            "is not another member of this organization",
        )
    };
    if to == authorized.user_id {
        return Err(unknown());
    }
    let heir = load(&mut tx, organization, to).await.map_err(|error| {
        if error.kind == crate::error::Kind::NotFound {
            unknown()
        } else {
            error
        }
    })?;
    let promotion = RoleChange {
        user: to,
        from: heir.role,
        to: Role::Owner,
    };
    let demotion = RoleChange {
        user: authorized.user_id,
        from: Role::Owner,
        to: keep_role,
    };
    let changes: Vec<_> = [promotion, demotion]
        .into_iter()
        .filter(|change| change.from != change.to)
        .collect();
    assign(&mut tx, organization, &changes).await?;
    let heir = load(&mut tx, organization, to).await?;
    let own = load(&mut tx, organization, authorized.user_id).await?;
    tx.commit().await?;
    Ok((heir, own))
}

/// The version tag of a member, for `ETag` and `If-Match`: the role is what can be set.
pub fn tag(user: Uuid, role: Role) -> Tag {
    Tag::of(&(user, role))
}

struct RoleChange {
    user: Uuid,
    from: Role,
    to: Role,
}

/// All sessions, then all memberships, then the audit chain: the order in which everybody locks.
async fn assign(tx: &mut WriteTx, organization: Uuid, changes: &[RoleChange]) -> Result<()> {
    for change in changes {
        bound_sessions::change_role(tx, organization, change.user, change.to).await?;
    }
    for change in changes {
        store::set_role(tx, organization, change.user, change.to).await?;
    }
    store::settle_owners(tx.conn()).await?;
    for change in changes {
        let act = Act::new("member.assign_role", "user", change.user);
        let (before, after) = (json!({"role": change.from}), json!({"role": change.to}));
        audit::record(tx, act.before(&before).after(&after)).await?;
        announce(tx, organization, change.user).await?;
    }
    Ok(())
}

async fn end_membership(
    tx: &mut WriteTx,
    organization: Uuid,
    user: Uuid,
    role: Role,
    action: &'static str,
) -> Result<()> {
    let sessions_moved = bound_sessions::move_to_personal(tx, organization, Some(user)).await?;
    let keys_revoked = leavers::revoke_member_bound(tx, organization, user).await?;
    store::remove_member(tx, organization, user).await?;
    store::settle_owners(tx.conn()).await?;
    let after = json!({"role": null, "sessions_moved": sessions_moved, "keys_revoked": keys_revoked});
    audit::record(
        tx,
        Act::new(action, "user", user)
            .before(&json!({"role": role}))
            .after(&after),
    )
    .await?;
    announce(tx, organization, user).await
}

/// To those who watch the members, and to the person whose list of organizations changed.
async fn announce(tx: &mut WriteTx, organization: Uuid, user: Uuid) -> Result<()> {
    events::notify(tx.conn(), Topic::Members, organization, user).await?;
    events::notify(tx.conn(), Topic::Organizations, user, organization).await
}

async fn load(tx: &mut TenantTx, organization: Uuid, user: Uuid) -> Result<MemberRow> {
    store::member(tx, organization, user)
        .await?
        .ok_or_else(Error::not_found)
}
