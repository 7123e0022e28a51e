//! What people call an instance.

use uuid::Uuid;

use super::{audited, tag};
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::instances::Instances;
use crate::features::instances::rules::checked_name;
use crate::features::instances::store::instances::{self, InstanceRow};
use crate::operation::Authorized;
use crate::plumbing::edge::versions::IfMatch;
use crate::plumbing::events::{self, Topic};

/// Gives an instance another name, or none. One that has ended can be named too: it stays in lists and among the costs.
///
/// # Errors
/// 404 for another tenant's as for none; 412 when `if_match` is not the current tag; then whatever `parse` says; 422 on `name`.
pub async fn rename(
    instances: &Instances,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<Option<String>>,
) -> Result<InstanceRow> {
    let mut tx = instances.core.db.write(&authorized).await?;
    if !instances::lock(&mut tx, id).await? {
        return Err(Error::not_found());
    }
    let before = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    if_match.check(&tag(&before))?;
    let name = parse()?;
    let name = checked_name(name.as_deref())?;
    if before.name.as_deref() == name {
        return Ok(before);
    }
    instances::rename(&mut tx, id, name).await?;
    let after = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let (was, is) = (audited(&before), audited(&after));
    let act = Act::new("instance.rename", "instance", id).before(&was).after(&is);
    audit::record_in(&mut tx, before.tenant, act).await?;
    events::notify(tx.conn(), Topic::Instances, before.tenant, id).await?;
    tx.commit().await?;
    Ok(after)
}
