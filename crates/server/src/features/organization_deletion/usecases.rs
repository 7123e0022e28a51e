//! Deleting an organization, and seeing before what that would do.

use serde_json::json;

use super::OrganizationDeletion;
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, FieldError, Result};
use crate::features::api_keys::leavers;
use crate::features::audit::{self, Act};
use crate::features::instances::{LivingInstance, living};
use crate::features::invitations;
use crate::features::organizations::{self, OrganizationRow};
use crate::features::sessions::{self, bound_sessions};
use crate::operation::{Authorized, Operation};
use crate::plumbing::db::TenantTx;
use crate::plumbing::events::{self, Topic};

/// Blockers that are named; more are only counted.
const NAMED_BLOCKERS: i64 = 20;

/// What deleting the organization would end, and what stands in the way.
pub struct Preview {
    pub organization: OrganizationRow,
    pub sessions: i64,
    pub api_keys: i64,
    pub invitations: i64,
    pub living_instances: Vec<LivingInstance>,
    pub living_instances_count: i64,
}

pub async fn preview_organization(deletion: &OrganizationDeletion, authorized: Authorized<'_>) -> Result<Preview> {
    let mut tx = deletion.core.db.read(&authorized).await?;
    let organization = current(&mut tx, &authorized).await?;
    let id = organization.id;
    let (living_instances, living_instances_count) = living(&mut tx, id, NAMED_BLOCKERS).await?;
    Ok(Preview {
        sessions: bound_sessions::count(&mut tx, id).await?,
        api_keys: leavers::count_of_organization(&mut tx, id).await?,
        invitations: invitations::count_open(&mut tx).await?,
        organization,
        living_instances,
        living_instances_count,
    })
}

/// Ends the organization of the workspace. This session goes on in Personal under the returned token, like everybody's there.
///
/// # Errors
/// 422 on `slug` unless it is the organization's; 409 `organization_in_use` naming what still runs.
pub async fn delete_organization(
    deletion: &OrganizationDeletion,
    authorized: Authorized<'_>,
    slug: &str,
) -> Result<(Operation, String)> {
    let mut tx = deletion.core.db.write_to_organization(&authorized).await?;
    let organization = current(&mut tx, &authorized).await?;
    let id = organization.id;
    if slug != organization.slug {
        let message = format!("must be the organization's slug, {}", organization.slug);
        return Err(Error::invalid(
            "slug",
            FieldCode::Mismatch {
                slug: organization.slug,
            },
            message,
        ));
    }
    bound_sessions::hold(&mut tx, id).await?;
    let (instances, count) = living(&mut tx, id, NAMED_BLOCKERS).await?;
    if count > 0 {
        return Err(in_use(&instances, count));
    }
    let token = sessions::go_to_personal(&deletion.sessions, &mut tx).await?;
    let sessions = bound_sessions::move_to_personal(&mut tx, id, None).await?;
    let keys = leavers::revoke_of_organization(&mut tx, id).await?;
    let invitations = invitations::end_all(&mut tx).await?;
    let members = organizations::end(&mut tx, id).await?;
    let before = json!({"name": organization.name, "slug": organization.slug});
    let after = json!({"members_removed": members, "sessions_moved": sessions + 1, "keys_revoked": keys, "invitations_revoked": invitations});
    let act = Act::new("organization.delete", "organization", id);
    audit::record(&mut tx, act.before(&before).after(&after)).await?;
    for member in members {
        events::notify(tx.conn(), Topic::Organizations, member, id).await?;
    }
    events::notify(tx.conn(), Topic::Organizations, id, id).await?;
    tx.commit().await?;
    let (operation, _, _) = sessions::authenticate(&deletion.sessions, &token, &authorized.request).await?;
    Ok((operation, token))
}

async fn current(tx: &mut TenantTx, authorized: &Authorized<'_>) -> Result<OrganizationRow> {
    let (id, _) = authorized.workspace.organization(authorized.permission())?;
    organizations::mine(tx, id).await?.ok_or_else(Error::not_found)
}

fn in_use(instances: &[LivingInstance], count: i64) -> Error {
    let detail =
        format!("{count} of the organization's instances are not terminated: terminate or archive them first.");
    let mut error = Error::conflict(ErrorCode::OrganizationInUse { count }, detail);
    error.fields = instances.iter().map(blocker).collect();
    error
}

fn blocker(instance: &LivingInstance) -> FieldError {
    let place = format!("{} in {}", instance.instance_type_code, instance.zone_code);
    let code = FieldCode::Living {
        instance_type: instance.instance_type_code.clone(),
        zone: instance.zone_code.clone(),
        status: instance.status.as_str().to_owned(),
    };
    let message = format!("{place} is {}", instance.status.as_str());
    FieldError::new(format!("instances.{}", instance.id), code, message)
}
