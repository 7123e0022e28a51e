//! Instances as their workspace sees them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::activation::{Activation, Activations};
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::instances::rules::{Milestones, Progress, Status, WorkerPhase, progress};
use crate::plumbing::db::{TenantTx, WriteTx};

#[derive(Debug, Clone)]
pub struct InstanceRow {
    pub id: Uuid,
    pub scope: String,
    pub organization_id: Option<Uuid>,
    pub tenant: Uuid,
    /// What people call it.
    pub name: Option<String>,
    pub model_id: Uuid,
    pub model_name: String,
    pub provider_code: String,
    pub zone_id: Uuid,
    pub zone_code: String,
    pub instance_type_id: Uuid,
    pub instance_type_code: String,
    pub gpu_count: i32,
    pub vram_gb: i32,
    pub cost_per_hour_eur: Decimal,
    pub status: Status,
    pub version: i64,
    pub desired_state: String,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub tech_activated_by: Option<Uuid>,
    /// Their username, as far as this workspace knows them.
    pub tech_activated_by_username: Option<String>,
    pub tech_activated_at: Option<DateTime<Utc>>,
    pub eco_activated_by: Option<Uuid>,
    /// Their username, as far as this workspace knows them.
    pub eco_activated_by_username: Option<String>,
    pub eco_activated_at: Option<DateTime<Utc>>,
    pub is_operational: bool,
    pub provider_instance_id: Option<String>,
    pub server_started_at: Option<DateTime<Utc>>,
    pub address: Option<String>,
    pub billable_since: Option<DateTime<Utc>>,
    pub worker_version: Option<String>,
    pub worker_phase: Option<WorkerPhase>,
    pub queue_depth: Option<i32>,
    pub registered_at: Option<DateTime<Utc>>,
    pub last_heartbeat_at: Option<DateTime<Utc>>,
    pub health_checked_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub ready_at: Option<DateTime<Utc>>,
    pub terminated_at: Option<DateTime<Utc>>,
    pub cost_to_date_eur: Decimal,
}

impl InstanceRow {
    pub fn progress(&self) -> Progress {
        progress(&Milestones {
            status: self.status,
            server_created: self.provider_instance_id.is_some(),
            server_started: self.server_started_at.is_some(),
            address_known: self.address.is_some(),
            worker_registered: self.registered_at.is_some(),
            phase: self.worker_phase,
            health_checked: self.health_checked_at.is_some(),
            was_ready: self.ready_at.is_some(),
        })
    }

    pub fn activations(&self) -> Activations {
        Activations {
            tech: self.tech_activated_at.is_some(),
            eco: self.eco_activated_at.is_some(),
        }
    }
}

/// These, in no particular order; those of other workspaces are like none.
pub async fn rows(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<InstanceRow>> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    Ok(sqlx::query_as!(
        InstanceRow,
        r#"SELECT i.id, i.scope, i.organization_id, i.tenant, i.name, i.model_id, m.name AS model_name, i.provider_code, i.zone_id, i.zone_code,
            i.instance_type_id, i.instance_type_code, i.gpu_count, i.vram_gb, i.cost_per_hour_eur, i.status AS "status: Status", i.version, i.desired_state,
            i.error_code, i.error_message, i.tech_activated_by, i.tech_activated_at, i.eco_activated_by, i.eco_activated_at,
            tech.username AS "tech_activated_by_username?", eco.username AS "eco_activated_by_username?", i.is_operational, i.provider_instance_id, i.server_started_at, i.address, i.billable_since, i.worker_version, i.worker_phase AS "worker_phase: WorkerPhase",
            i.queue_depth, i.registered_at, i.last_heartbeat_at, i.health_checked_at, i.created_at, i.ready_at, i.terminated_at,
            COALESCE((SELECT round(sum(GREATEST(EXTRACT(EPOCH FROM COALESCE(upper(c.period), $3) - lower(c.period)), 0)
                    * c.cost_per_hour_eur / 3600), 12)
                FROM instance_cost_segments c WHERE c.tenant = i.tenant AND c.instance_id = i.id), 0) AS "cost_to_date_eur!"
         FROM instances i JOIN models m ON m.tenant = i.model_tenant AND m.id = i.model_id
         LEFT JOIN users tech ON tech.id = i.tech_activated_by LEFT JOIN users eco ON eco.id = i.eco_activated_by
         WHERE i.tenant = ANY($1) AND i.id = ANY($2)"#,
        &tenants,
        ids,
        now,
    )
    .fetch_all(tx.conn())
    .await?)
}

pub async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<InstanceRow>> {
    Ok(rows(tx, &[id]).await?.pop())
}

pub struct NewInstance<'a> {
    pub id: Uuid,
    pub organization_id: Option<Uuid>,
    pub name: Option<&'a str>,
    pub model_tenant: Uuid,
    pub model_id: Uuid,
    pub provider_id: Uuid,
    pub zone_id: Uuid,
    pub instance_type_id: Uuid,
    pub provider_code: &'a str,
    pub zone_code: &'a str,
    pub instance_type_code: &'a str,
    pub gpu_count: i32,
    pub vram_gb: i32,
    pub cost_per_hour_eur: Decimal,
    pub status: Status,
}

/// # Errors
/// 422 when the model was deleted since it was looked up.
pub async fn insert(tx: &mut WriteTx, instance: &NewInstance<'_>) -> Result<()> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let scope = match instance.organization_id {
        Some(_) => "organization",
        None => "platform",
    };
    sqlx::query!(
        "INSERT INTO instances (id, scope, organization_id, model_tenant, model_id, provider_id, zone_id, instance_type_id, provider_code,
            zone_code, instance_type_code, gpu_count, vram_gb, cost_per_hour_eur, status, status_since, reconcile_after, created_by_user_id,
            created_at, name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17, $16, $18)",
        instance.id,
        scope,
        instance.organization_id,
        instance.model_tenant,
        instance.model_id,
        instance.provider_id,
        instance.zone_id,
        instance.instance_type_id,
        instance.provider_code,
        instance.zone_code,
        instance.instance_type_code,
        instance.gpu_count,
        instance.vram_gb,
        instance.cost_per_hour_eur,
        instance.status.as_str(),
        now,
        user_id,
        instance.name,
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        if Error::violates(&error, "instances_living_model") {
            Error::invalid("model_id", FieldCode::Unknown, "is not a model that can be deployed here")
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// Gives it another name, or none.
pub async fn rename(tx: &mut WriteTx, id: Uuid, name: Option<&str>) -> Result<()> {
    let tenants = tx.tenants();
    sqlx::query!(
        "UPDATE instances SET name = $3 WHERE tenant = ANY($1) AND id = $2",
        &tenants,
        id,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sets or clears one of the two.
pub async fn activate(tx: &mut WriteTx, id: Uuid, activation: Activation, active: bool) -> Result<()> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    let by = active.then_some(tx.operation().user_id);
    let at = active.then_some(now);
    macro_rules! set {
        ($by:literal, $at:literal) => {
            sqlx::query!(
                "UPDATE instances SET " + $by + " = $3, " + $at + " = $4 WHERE tenant = ANY($1) AND id = $2",
                &tenants,
                id,
                by,
                at
            )
            .execute(tx.conn())
            .await?
        };
    }
    match activation {
        Activation::Tech => set!("tech_activated_by", "tech_activated_at"),
        Activation::Eco => set!("eco_activated_by", "eco_activated_at"),
    };
    Ok(())
}

/// Holds the row until the end of the transaction, so that what is decided about it stays true.
pub async fn lock(tx: &mut WriteTx, id: Uuid) -> Result<bool> {
    let tenants = tx.tenants();
    let row = sqlx::query_scalar!(
        "SELECT id FROM instances WHERE tenant = ANY($1) AND id = $2 FOR NO KEY UPDATE",
        &tenants,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.is_some())
}

/// Makes every instance of the workspace that lives due for a visit; how many there are.
pub async fn request_visits(tx: &mut WriteTx) -> Result<u64> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    let done = sqlx::query!(
        "UPDATE instances SET reconcile_after = $2 WHERE tenant = ANY($1) AND NOT is_ended",
        &tenants,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
