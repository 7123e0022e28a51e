//! Providers, regions and zones.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::code_taken;
use crate::error::Result;
use crate::plumbing::db::{SystemTx, TenantTx};
use crate::plumbing::edge::paging::Paging;

#[derive(Debug, Clone, Serialize)]
pub struct ProviderRow {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub is_active: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct RegionRow {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub code: String,
    pub name: String,
    pub is_active: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ZoneRow {
    pub id: Uuid,
    pub region_id: Uuid,
    pub provider_id: Uuid,
    pub provider_code: String,
    pub code: String,
    pub name: String,
    pub is_active: bool,
}

pub async fn providers(tx: &mut TenantTx, paging: &Paging) -> Result<Vec<ProviderRow>> {
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                ProviderRow,
                "SELECT id, code, name, is_active FROM providers
                 WHERE ($1 = '%' OR name ILIKE $1 OR code ILIKE $1) AND id "
                    + $beyond
                    + " $2
                 ORDER BY id "
                    + $order
                    + " LIMIT $3",
                paging.pattern,
                paging.beyond().1,
                paging.fetch(),
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

pub async fn regions(tx: &mut TenantTx, paging: &Paging) -> Result<Vec<RegionRow>> {
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                RegionRow,
                "SELECT id, provider_id, code, name, is_active FROM regions
                 WHERE ($1 = '%' OR name ILIKE $1 OR code ILIKE $1) AND id "
                    + $beyond
                    + " $2
                 ORDER BY id "
                    + $order
                    + " LIMIT $3",
                paging.pattern,
                paging.beyond().1,
                paging.fetch(),
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

pub async fn zones(tx: &mut TenantTx, paging: &Paging) -> Result<Vec<ZoneRow>> {
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                ZoneRow,
                "SELECT z.id, z.region_id, z.provider_id, p.code AS provider_code, z.code, z.name, z.is_active
                 FROM zones z JOIN providers p ON p.id = z.provider_id
                 WHERE ($1 = '%' OR z.name ILIKE $1 OR z.code ILIKE $1) AND z.id "
                    + $beyond
                    + " $2
                 ORDER BY z.id "
                    + $order
                    + " LIMIT $3",
                paging.pattern,
                paging.beyond().1,
                paging.fetch(),
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

pub async fn provider(conn: &mut PgConnection, id: Uuid) -> Result<Option<ProviderRow>> {
    let query = sqlx::query_as!(
        ProviderRow,
        "SELECT id, code, name, is_active FROM providers WHERE id = $1",
        id
    );
    Ok(query.fetch_optional(conn).await?)
}

pub async fn region(conn: &mut PgConnection, id: Uuid) -> Result<Option<RegionRow>> {
    let query = sqlx::query_as!(
        RegionRow,
        "SELECT id, provider_id, code, name, is_active FROM regions WHERE id = $1",
        id
    );
    Ok(query.fetch_optional(conn).await?)
}

pub async fn zone(conn: &mut PgConnection, id: Uuid) -> Result<Option<ZoneRow>> {
    let query = sqlx::query_as!(
        ZoneRow,
        "SELECT z.id, z.region_id, z.provider_id, p.code AS provider_code, z.code, z.name, z.is_active
         FROM zones z JOIN providers p ON p.id = z.provider_id WHERE z.id = $1",
        id
    );
    Ok(query.fetch_optional(conn).await?)
}

// ---------------------------------------------------------------- the platform writes

pub async fn provider_id(tx: &mut SystemTx, code: &str) -> Result<Option<Uuid>> {
    let query = sqlx::query_scalar!("SELECT id FROM providers WHERE code = $1", code);
    Ok(query.fetch_optional(tx.conn()).await?)
}

pub async fn region_id(tx: &mut SystemTx, provider: Uuid, code: &str) -> Result<Option<Uuid>> {
    let query = sqlx::query_scalar!(
        "SELECT id FROM regions WHERE provider_id = $1 AND code = $2",
        provider,
        code
    );
    Ok(query.fetch_optional(tx.conn()).await?)
}

pub async fn zone_id(tx: &mut SystemTx, provider: Uuid, code: &str) -> Result<Option<Uuid>> {
    let query = sqlx::query_scalar!(
        "SELECT id FROM zones WHERE provider_id = $1 AND code = $2",
        provider,
        code
    );
    Ok(query.fetch_optional(tx.conn()).await?)
}

/// A new provider (which is its own `provider_id`), region or zone.
pub struct NewPlace<'a> {
    pub id: Uuid,
    pub provider_id: Uuid,
    pub code: &'a str,
    pub name: &'a str,
    pub is_active: bool,
}

/// # Errors
/// 422 when another provider has the code.
pub async fn insert_provider(tx: &mut SystemTx, new: &NewPlace<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO providers (id, code, name, is_active) VALUES ($1, $2, $3, $4)",
        new.id,
        new.code,
        new.name,
        new.is_active
    )
    .execute(tx.conn())
    .await
    .map_err(|error| code_taken(error, "providers_code_key"))?;
    Ok(())
}

/// # Errors
/// 422 when another region of the provider has the code.
pub async fn insert_region(tx: &mut SystemTx, new: &NewPlace<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO regions (id, provider_id, code, name, is_active) VALUES ($1, $2, $3, $4, $5)",
        new.id,
        new.provider_id,
        new.code,
        new.name,
        new.is_active
    )
    .execute(tx.conn())
    .await
    .map_err(|error| code_taken(error, "regions_provider_id_code_key"))?;
    Ok(())
}

/// # Errors
/// 422 when another zone of the provider has the code.
pub async fn insert_zone(tx: &mut SystemTx, new: &NewPlace<'_>, region: Uuid) -> Result<()> {
    sqlx::query!(
        "INSERT INTO zones (id, provider_id, region_id, code, name, is_active) VALUES ($1, $2, $3, $4, $5, $6)",
        new.id,
        new.provider_id,
        region,
        new.code,
        new.name,
        new.is_active
    )
    .execute(tx.conn())
    .await
    .map_err(|error| code_taken(error, "zones_provider_id_code_key"))?;
    Ok(())
}

pub async fn update_provider(tx: &mut SystemTx, id: Uuid, name: &str, is_active: bool) -> Result<()> {
    sqlx::query!(
        "UPDATE providers SET name = $2, is_active = $3 WHERE id = $1",
        id,
        name,
        is_active
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn update_region(tx: &mut SystemTx, id: Uuid, name: &str, is_active: bool) -> Result<()> {
    sqlx::query!(
        "UPDATE regions SET name = $2, is_active = $3 WHERE id = $1",
        id,
        name,
        is_active
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn update_zone(tx: &mut SystemTx, id: Uuid, name: &str, is_active: bool) -> Result<()> {
    sqlx::query!(
        "UPDATE zones SET name = $2, is_active = $3 WHERE id = $1",
        id,
        name,
        is_active
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which of these zones the provider has.
pub async fn zones_of_provider(tx: &mut SystemTx, provider: Uuid, zones: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sqlx::query_scalar!(
        "SELECT id FROM zones WHERE provider_id = $1 AND id = ANY($2)",
        provider,
        zones
    );
    Ok(query.fetch_all(tx.conn()).await?)
}
