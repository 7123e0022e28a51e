//! Closing an account: one's own, or somebody's by a platform admin.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::UserAdministration;
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, FieldError, Result};
use crate::features::api_keys::leavers;
use crate::features::audit::{self, Act};
use crate::features::invitations;
use crate::features::organizations::{self, Belonging};
use crate::features::{recovery, second_factors, sessions, users};
use crate::ids::PLATFORM;
use crate::operation::Authorized;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::events::{self, Topic};

/// # Errors
/// 404 for an account that isn't there (any more); 409 `sole_owner` listing the organizations, 409 `last_platform_admin`.
pub async fn close(administration: &UserAdministration, authorized: Authorized<'_>, user: Uuid) -> Result<()> {
    let mut tx = administration
        .core
        .db
        .system(SystemReason::AccountAdministration)
        .await?;
    // The order of locks of all who change memberships: organizations, sessions, accounts, memberships.
    users::take_turns(&mut tx).await?;
    organizations::hold_of_member(&mut tx, user).await?;
    sessions::of_account::hold(&mut tx, user).await?;
    let actor = tx.act_for(&authorized).await?;
    let now = actor.request.now;
    let account = users::lock(&mut tx, user).await?.ok_or_else(Error::not_found)?;
    let belongings = organizations::belongings(&mut tx, user).await?;
    require_other_owners(&belongings)?;
    if account.platform_role == "admin" && !users::another_platform_admin(&mut tx, user).await? {
        return Err(last_platform_admin());
    }

    let sessions = sessions::of_account::end(&mut tx, user, now).await?;
    let keys = leavers::revoke_of_account(&mut tx, user, actor.user_id, now).await?;
    organizations::remove_everywhere(&mut tx, user).await?;
    organizations::settle_owners(tx.conn()).await?;
    let invitations = invitations::end_for_address(&mut tx, &account.email, now).await?;
    recovery::forget_account(&mut tx, user).await?;
    second_factors::forget_account(&mut tx, user).await?;
    users::anonymise(&mut tx, user, now).await?;
    audit::forget_person(&mut tx, user).await?;
    sessions::of_account::forget_addresses(&mut tx, user).await?;

    let action = if actor.user_id == user {
        "member.leave"
    } else {
        "member.remove"
    };
    for belonging in &belongings {
        let (before, after) = (
            json!({"role": belonging.role}),
            json!({"role": null, "account_closed": true}),
        );
        let act = Act::new(action, "user", user).before(&before).after(&after);
        audit::record_by(&mut tx, &actor, belonging.organization, act).await?;
        events::notify(tx.conn(), Topic::Members, belonging.organization, user).await?;
    }
    // Nothing personal goes into the log: it can't be taken out again.
    let before = json!({"platform_role": account.platform_role, "disabled": account.disabled_at.is_some()});
    let after = json!({"sessions_ended": sessions, "keys_revoked": keys, "memberships_ended": belongings.len(),
        "invitations_revoked": invitations});
    let act = Act::new("user.delete", "user", user).before(&before).after(&after);
    audit::record_by(&mut tx, &actor, PLATFORM, act).await?;
    tx.commit().await
}

/// Before somebody can't sign in any more: who is left to decide for the organizations?
///
/// # Errors
/// 409 `sole_owner` listing those that have no other owner who can sign in.
pub fn require_other_owners(belongings: &[Belonging]) -> Result<()> {
    if belongings.iter().any(|belonging| belonging.only_owner) {
        return Err(sole_owner(belongings));
    }
    Ok(())
}

fn sole_owner(belongings: &[Belonging]) -> Error {
    let fields: Vec<_> = belongings
        .iter()
        .filter(|belonging| belonging.only_owner)
        .map(|belonging| {
            let code = FieldCode::OnlyOwner {
                name: belonging.name.clone(),
            };
            let message = format!("{} has no other owner who can sign in", belonging.name);
            FieldError::new(format!("organizations.{}", belonging.slug), code, message)
        })
        .collect();
    let names: Vec<_> = belongings
        .iter()
        .filter(|belonging| belonging.only_owner)
        .map(|belonging| belonging.name.clone())
        .collect();
    let detail = format!(
        "The account is the only owner of {} who can sign in: transfer the ownership to another member, or delete the organization, first.",
        names.join(", ")
    );
    let mut error = Error::conflict(ErrorCode::SoleOwner { names }, detail);
    error.fields = fields;
    error
}

/// The refusal of everything after which nobody could administer the platform.
pub fn last_platform_admin() -> Error {
    Error::conflict(
        ErrorCode::LastPlatformAdmin,
        "This is the only platform admin who can sign in: make somebody else one first.",
    )
}

/// The account is disabled: its sessions end, and with them whatever could open one as soon as it is enabled again. Says how many.
pub async fn shut_out(tx: &mut SystemTx, user: Uuid, now: DateTime<Utc>) -> Result<usize> {
    recovery::forget_links(tx, user).await?;
    second_factors::end_challenges_of(tx, user).await?;
    sessions::of_account::end(tx, user, now).await
}
