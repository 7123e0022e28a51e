//! Instance types, where they are offered, and what they cost there.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::code_taken;
use crate::error::Result;
use crate::plumbing::db::{SystemTx, TenantTx};
use crate::plumbing::edge::paging::Paging;

#[derive(Debug, Clone, Serialize)]
pub struct InstanceTypeRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub code: String,
    pub name: String,
    pub cpu_count: i32,
    pub memory_gb: i32,
    pub gpu_count: i32,
    pub vram_per_gpu_gb: i32,
    pub cost_per_hour_eur: Decimal,
    pub is_active: bool,
}

/// A type in a zone.
#[derive(Debug, Clone, Serialize)]
pub struct TypeZoneRow {
    pub instance_type_id: Uuid,
    pub zone_id: Uuid,
    pub zone_code: String,
    pub is_available: bool,
    /// The zone's own price, if it has one.
    pub own_cost_per_hour_eur: Option<Decimal>,
    /// What an hour costs there.
    pub cost_per_hour_eur: Decimal,
}

/// Types of the whole catalogue, or those that are offered in a zone.
pub async fn instance_types(tx: &mut TenantTx, paging: &Paging, in_zone: Option<Uuid>) -> Result<Vec<InstanceTypeRow>> {
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                InstanceTypeRow,
                "SELECT t.id, t.provider_id, t.code, t.name, t.cpu_count, t.memory_gb, t.gpu_count, t.vram_per_gpu_gb, t.cost_per_hour_eur, t.is_active
                 FROM instance_types t
                 WHERE ($1 = '%' OR t.name ILIKE $1 OR t.code ILIKE $1) AND t.id " + $beyond + " $2
                    AND ($4::uuid IS NULL OR EXISTS (SELECT 1 FROM instance_type_zones o WHERE o.instance_type_id = t.id AND o.zone_id = $4))
                 ORDER BY t.id " + $order + " LIMIT $3",
                paging.pattern,
                paging.beyond().1,
                paging.fetch(),
                in_zone,
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    })
}

/// How many types a search matches, cursor and limit aside.
pub async fn count_instance_types(tx: &mut TenantTx, paging: &Paging) -> Result<i64> {
    let query = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM instance_types WHERE $1 = '%' OR name ILIKE $1 OR code ILIKE $1"#,
        paging.pattern
    );
    Ok(query.fetch_one(tx.conn()).await?)
}

/// Where some types are offered.
pub async fn zones_of_types(conn: &mut PgConnection, types: &[Uuid]) -> Result<Vec<TypeZoneRow>> {
    let rows = sqlx::query_as!(
        TypeZoneRow,
        r#"SELECT o.instance_type_id, o.zone_id, z.code AS zone_code, o.is_available, o.cost_per_hour_eur AS own_cost_per_hour_eur,
            COALESCE(o.cost_per_hour_eur, t.cost_per_hour_eur) AS "cost_per_hour_eur!"
         FROM instance_type_zones o JOIN zones z ON z.id = o.zone_id JOIN instance_types t ON t.id = o.instance_type_id
         WHERE o.instance_type_id = ANY($1) ORDER BY z.code, z.id"#,
        types,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

pub async fn instance_type(conn: &mut PgConnection, id: Uuid) -> Result<Option<InstanceTypeRow>> {
    let query = sqlx::query_as!(
        InstanceTypeRow,
        "SELECT id, provider_id, code, name, cpu_count, memory_gb, gpu_count, vram_per_gpu_gb, cost_per_hour_eur, is_active
         FROM instance_types WHERE id = $1",
        id
    );
    Ok(query.fetch_optional(conn).await?)
}

/// A server that could be ordered: a type in a zone of the same provider.
#[derive(Debug, Clone, Serialize)]
pub struct Placement {
    pub provider_id: Uuid,
    pub provider_code: String,
    pub zone_id: Uuid,
    pub zone_code: String,
    pub instance_type_id: Uuid,
    pub instance_type_code: String,
    pub gpu_count: i32,
    pub vram_per_gpu_gb: i32,
    pub cost_per_hour_eur: Decimal,
    /// Provider, region, zone and type are on and the type is to be had in the zone.
    pub is_available: bool,
}

/// `None` when the type is not offered in the zone at all (or one of both doesn't exist).
pub async fn placement(tx: &mut TenantTx, instance_type_id: Uuid, zone_id: Uuid) -> Result<Option<Placement>> {
    let row = sqlx::query_as!(
        Placement,
        r#"SELECT p.id AS provider_id, p.code AS provider_code, z.id AS zone_id, z.code AS zone_code, t.id AS instance_type_id,
            t.code AS instance_type_code, t.gpu_count, t.vram_per_gpu_gb,
            COALESCE(o.cost_per_hour_eur, t.cost_per_hour_eur) AS "cost_per_hour_eur!",
            (p.is_active AND r.is_active AND z.is_active AND t.is_active AND o.is_available) AS "is_available!"
         FROM instance_type_zones o
         JOIN instance_types t ON t.id = o.instance_type_id
         JOIN zones z ON z.id = o.zone_id
         JOIN regions r ON r.id = z.region_id
         JOIN providers p ON p.id = o.provider_id
         WHERE o.instance_type_id = $1 AND o.zone_id = $2"#,
        instance_type_id,
        zone_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

// ---------------------------------------------------------------- the platform writes

pub async fn instance_type_id(tx: &mut SystemTx, provider: Uuid, code: &str) -> Result<Option<Uuid>> {
    let query = sqlx::query_scalar!(
        "SELECT id FROM instance_types WHERE provider_id = $1 AND code = $2",
        provider,
        code
    );
    Ok(query.fetch_optional(tx.conn()).await?)
}

/// # Errors
/// 422 when another type of the provider has the code.
pub async fn insert_instance_type(tx: &mut SystemTx, new: &InstanceTypeRow) -> Result<()> {
    sqlx::query!(
        "INSERT INTO instance_types (id, provider_id, code, name, cpu_count, memory_gb, gpu_count, vram_per_gpu_gb, cost_per_hour_eur, is_active)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        new.provider_id,
        new.code,
        new.name,
        new.cpu_count,
        new.memory_gb,
        new.gpu_count,
        new.vram_per_gpu_gb,
        new.cost_per_hour_eur,
        new.is_active,
    )
    .execute(tx.conn())
    .await
    .map_err(|error| code_taken(error, "instance_types_provider_id_code_key"))?;
    Ok(())
}

/// Everything of a type but its provider and code.
pub async fn update_instance_type(tx: &mut SystemTx, row: &InstanceTypeRow) -> Result<()> {
    sqlx::query!(
        "UPDATE instance_types SET name = $2, cpu_count = $3, memory_gb = $4, gpu_count = $5, vram_per_gpu_gb = $6, cost_per_hour_eur = $7,
            is_active = $8 WHERE id = $1",
        row.id,
        row.name,
        row.cpu_count,
        row.memory_gb,
        row.gpu_count,
        row.vram_per_gpu_gb,
        row.cost_per_hour_eur,
        row.is_active,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One change of a type at a time: its price history has an order.
pub async fn lock_instance_type(tx: &mut SystemTx, id: Uuid) -> Result<Option<Decimal>> {
    let query = sqlx::query_scalar!(
        "SELECT cost_per_hour_eur FROM instance_types WHERE id = $1 FOR UPDATE",
        id
    );
    Ok(query.fetch_optional(tx.conn()).await?)
}

pub async fn put_type_zone(
    tx: &mut SystemTx,
    provider: Uuid,
    instance_type: Uuid,
    zone: Uuid,
    is_available: bool,
    cost_per_hour_eur: Option<Decimal>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO instance_type_zones (provider_id, instance_type_id, zone_id, is_available, cost_per_hour_eur) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (instance_type_id, zone_id) DO UPDATE SET is_available = EXCLUDED.is_available, cost_per_hour_eur = EXCLUDED.cost_per_hour_eur",
        provider,
        instance_type,
        zone,
        is_available,
        cost_per_hour_eur,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends the offer of a type in all zones but these.
pub async fn keep_type_zones(tx: &mut SystemTx, instance_type: Uuid, zones: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "DELETE FROM instance_type_zones WHERE instance_type_id = $1 AND NOT zone_id = ANY($2)",
        instance_type,
        zones,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the type costs from now on, in a zone or in general.
pub async fn append_price(
    tx: &mut SystemTx,
    instance_type: Uuid,
    zone: Option<Uuid>,
    cost_per_hour_eur: Decimal,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO instance_type_prices (id, instance_type_id, zone_id, cost_per_hour_eur, valid_from) VALUES ($1, $2, $3, $4, $5)",
        crate::ids::new_id(),
        instance_type,
        zone,
        cost_per_hour_eur,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
