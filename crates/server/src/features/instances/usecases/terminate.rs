//! Ending an instance, and asking for a visit.

use uuid::Uuid;

use super::audited;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::instances::Instances;
use crate::features::instances::rules::termination_of;
use crate::features::instances::store::instances::{self, InstanceRow};
use crate::features::instances::store::transitions::{Transition, transition};
use crate::operation::Authorized;
use crate::plumbing::events::{self, Topic};

/// Begins the end; a ready instance finishes its requests first. Asking again changes nothing.
///
/// # Errors
/// 404 for another tenant's as for none.
pub async fn terminate(instances: &Instances, authorized: Authorized<'_>, id: Uuid) -> Result<InstanceRow> {
    let mut tx = instances.core.db.write(&authorized).await?;
    if !instances::lock(&mut tx, id).await? {
        return Err(Error::not_found());
    }
    let before = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let Some(event) = termination_of(before.status) else {
        return Ok(before);
    };
    let change = Transition {
        id,
        tenant: before.tenant,
        from: before.status,
        version: before.version,
        event,
        failure: None,
        actor: Some(authorized.user_id),
        lease: None,
        now: authorized.request.now,
    };
    transition(tx.conn(), &change).await?;
    let after = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let (was, is) = (audited(&before), audited(&after));
    let act = Act::new("instance.terminate", "instance", id).before(&was).after(&is);
    audit::record_in(&mut tx, before.tenant, act).await?;
    tx.commit().await?;
    Ok(after)
}

/// Has every instance of the workspace compared with its provider now; how many that are.
pub async fn request_visits(instances: &Instances, authorized: Authorized<'_>) -> Result<u64> {
    let mut tx = instances.core.db.write(&authorized).await?;
    let count = instances::request_visits(&mut tx).await?;
    let tenant = authorized.infrastructure_tenant();
    let after = serde_json::json!({"instances": count});
    let act = Act::new("reconcile.run", "workspace", tenant).after(&after);
    audit::record_in(&mut tx, tenant, act).await?;
    events::notify(tx.conn(), Topic::Instances, tenant, Uuid::nil()).await?;
    tx.commit().await?;
    Ok(count)
}
