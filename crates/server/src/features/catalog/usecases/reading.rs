//! What there is and where. Everybody who may read settings reads all of it.

use serde::Serialize;
use uuid::Uuid;

use super::super::store::{self, InstanceTypeRow, ProviderRow, RegionRow, TypeZoneRow, ZoneRow};
use crate::error::{Error, Result};
use crate::features::catalog::Catalog;
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::paging::Paging;

pub async fn providers(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    paging: &Paging,
) -> Result<(Vec<ProviderRow>, i64)> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    let [total, ..] = store::totals(&mut tx, paging).await?;
    Ok((store::providers(&mut tx, paging).await?, total))
}

pub async fn regions(catalog: &Catalog, authorized: Authorized<'_>, paging: &Paging) -> Result<(Vec<RegionRow>, i64)> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    let [_, total, ..] = store::totals(&mut tx, paging).await?;
    Ok((store::regions(&mut tx, paging).await?, total))
}

pub async fn zones(catalog: &Catalog, authorized: Authorized<'_>, paging: &Paging) -> Result<(Vec<ZoneRow>, i64)> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    let [_, _, total, _] = store::totals(&mut tx, paging).await?;
    Ok((store::zones(&mut tx, paging).await?, total))
}

/// A type and where it is to be had.
#[derive(Debug, Clone, Serialize)]
pub struct Offered {
    pub instance_type: InstanceTypeRow,
    pub zones: Vec<TypeZoneRow>,
}

pub async fn instance_types(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    paging: &Paging,
) -> Result<(Vec<Offered>, i64)> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    let [.., total] = store::totals(&mut tx, paging).await?;
    let rows = store::instance_types(&mut tx, paging, None).await?;
    Ok((with_zones(&mut tx, rows).await?, total))
}

/// # Errors
/// 404 when there is no such zone.
pub async fn instance_types_in_zone(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    zone: Uuid,
    paging: impl FnOnce() -> Result<Paging>,
) -> Result<(Vec<Offered>, Paging)> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    store::zone(tx.conn(), zone).await?.ok_or_else(Error::not_found)?;
    let paging = paging()?;
    let rows = store::instance_types(&mut tx, &paging, Some(zone)).await?;
    Ok((with_zones(&mut tx, rows).await?, paging))
}

/// # Errors
/// 404 when there is no such type.
pub async fn zones_of_instance_type(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
) -> Result<Vec<TypeZoneRow>> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    store::instance_type(tx.conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    store::zones_of_types(tx.conn(), &[id]).await
}

async fn with_zones(tx: &mut TenantTx, rows: Vec<InstanceTypeRow>) -> Result<Vec<Offered>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let zones = store::zones_of_types(tx.conn(), &ids).await?;
    let offered = rows.into_iter().map(|instance_type| Offered {
        zones: zones
            .iter()
            .filter(|zone| zone.instance_type_id == instance_type.id)
            .cloned()
            .collect(),
        instance_type,
    });
    Ok(offered.collect())
}
