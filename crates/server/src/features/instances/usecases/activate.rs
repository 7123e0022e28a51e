//! The two activations: each by its own people, in its own act.

use uuid::Uuid;

use super::{audited, tag};
use crate::activation::Activation;
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::instances::Instances;
use crate::features::instances::rules::{Event, Status, activated};
use crate::features::instances::store::instances::{self, InstanceRow};
use crate::features::instances::store::transitions::{HistoryEntry, Transition, remember, transition};
use crate::operation::Authorized;
use crate::plumbing::edge::versions::IfMatch;
use crate::plumbing::events::{self, Topic};

/// Sets or clears one of the two. An instance that waits for its economic approval is ordered once it has it.
///
/// # Errors
/// 404 for another tenant's as for none; 412 when `if_match` is not the current tag; then whatever `parse` says; 409 `instance_ended`.
pub async fn activate(
    instances: &Instances,
    authorized: Authorized<'_>,
    id: Uuid,
    activation: Activation,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<bool>,
) -> Result<InstanceRow> {
    let mut tx = instances.core.db.write(&authorized).await?;
    if !instances::lock(&mut tx, id).await? {
        return Err(Error::not_found());
    }
    let before = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    if_match.check(&tag(&before))?;
    let active = parse()?;
    if before.status.has_ended() {
        return Err(Error::conflict(
            ErrorCode::InstanceEnded,
            "This instance exists no more: there is nothing to activate.",
        ));
    }
    if before.activations().has(activation) == active {
        return Ok(before);
    }
    instances::activate(&mut tx, id, activation, active).await?;
    if before.status == Status::AwaitingApproval && activation == Activation::Eco {
        let approved = Transition {
            id,
            tenant: before.tenant,
            from: before.status,
            version: before.version,
            event: Event::Approved,
            failure: None,
            actor: Some(authorized.user_id),
            lease: None,
            now: authorized.request.now,
        };
        transition(tx.conn(), &approved).await?;
    }
    let after = instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let entry = HistoryEntry {
        instance_id: id,
        tenant: before.tenant,
        from: Some(after.status),
        to: after.status,
        reason: activated(activation, active),
        message: None,
        actor: Some(authorized.user_id),
        now: authorized.request.now,
    };
    remember(tx.conn(), &entry).await?;
    let action = match (activation, active) {
        (Activation::Tech, true) => "instance.activate_tech",
        (Activation::Tech, false) => "instance.deactivate_tech",
        (Activation::Eco, true) => "instance.activate_eco",
        (Activation::Eco, false) => "instance.deactivate_eco",
    };
    let (was, is) = (audited(&before), audited(&after));
    let act = Act::new(action, "instance", id).before(&was).after(&is);
    audit::record_in(&mut tx, before.tenant, act).await?;
    events::notify(tx.conn(), Topic::Instances, before.tenant, id).await?;
    tx.commit().await?;
    Ok(after)
}
