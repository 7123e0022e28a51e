//! What people do with instances.

mod activate;
mod deploy;
mod read;
mod rename;
mod terminate;

pub use activate::activate;
pub use deploy::{Deployment, deploy, dry_run};
pub use read::{get, history, list, search};
pub use rename::rename;
pub use terminate::{request_visits, terminate};

use serde_json::{Value, json};

use super::store::instances::InstanceRow;
use crate::plumbing::edge::versions::Tag;

/// An instance in the audit log.
fn audited(row: &InstanceRow) -> Value {
    json!({
        "name": row.name, "status": row.status, "desired_state": row.desired_state, "model_id": row.model_id, "instance_type": row.instance_type_code,
        "zone": row.zone_code, "cost_per_hour_eur": row.cost_per_hour_eur,
        "tech_activated": row.tech_activated_at.is_some(), "eco_activated": row.eco_activated_at.is_some(),
    })
}

/// The version tag of an instance, for `ETag` and `If-Match`: its name, its state and its activations, not what is measured.
pub fn tag(row: &InstanceRow) -> Tag {
    Tag::of(&(
        row.id,
        &row.name,
        row.version,
        &row.desired_state,
        row.tech_activated_at,
        row.eco_activated_at,
    ))
}
