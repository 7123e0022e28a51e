//! What a deployment refers to: the model and the catalogue, read where they are needed together.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::TenantTx;

#[derive(Debug, Clone)]
pub struct DeployableModel {
    pub tenant: Uuid,
    pub name: String,
    pub required_vram_gb: i32,
    pub is_active: bool,
}

/// A model that the workspace may deploy: its own or a public one. Somebody else's is like none.
pub async fn model(tx: &mut TenantTx, id: Uuid) -> Result<Option<DeployableModel>> {
    let mut tenants = tx.tenants();
    tenants.push(crate::ids::PLATFORM);
    let row = sqlx::query_as!(
        DeployableModel,
        "SELECT tenant, name, required_vram_gb, is_active FROM models WHERE tenant = ANY($1) AND id = $2 AND deleted_at IS NULL",
        &tenants,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

#[derive(Debug, Clone)]
pub struct OfferedType {
    pub provider_id: Uuid,
    pub provider_code: String,
    pub provider_is_active: bool,
    pub code: String,
    pub gpu_count: i32,
    pub vram_per_gpu_gb: i32,
    pub cost_per_hour_eur: Decimal,
    pub is_active: bool,
}

pub async fn instance_type(tx: &mut TenantTx, id: Uuid) -> Result<Option<OfferedType>> {
    let row = sqlx::query_as!(
        OfferedType,
        "SELECT t.provider_id, p.code AS provider_code, p.is_active AS provider_is_active, t.code, t.gpu_count, t.vram_per_gpu_gb,
            t.cost_per_hour_eur, t.is_active
         FROM instance_types t JOIN providers p ON p.id = t.provider_id WHERE t.id = $1",
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

#[derive(Debug, Clone)]
pub struct OfferedZone {
    pub provider_id: Uuid,
    pub code: String,
    pub is_active: bool,
    /// Whether the type is available there.
    pub is_available: bool,
    /// Where it differs from the type's own price.
    pub cost_per_hour_eur: Option<Decimal>,
}

/// A zone, as far as one instance type is concerned.
pub async fn zone(tx: &mut TenantTx, id: Uuid, instance_type_id: Uuid) -> Result<Option<OfferedZone>> {
    let row = sqlx::query_as!(
        OfferedZone,
        r#"SELECT z.provider_id, z.code, (z.is_active AND r.is_active) AS "is_active!", COALESCE(o.is_available, false) AS "is_available!",
            o.cost_per_hour_eur AS "cost_per_hour_eur?"
         FROM zones z JOIN regions r ON r.id = z.region_id
            LEFT JOIN instance_type_zones o ON o.zone_id = z.id AND o.instance_type_id = $2
         WHERE z.id = $1"#,
        id,
        instance_type_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}
