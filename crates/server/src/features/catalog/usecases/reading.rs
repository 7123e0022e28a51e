//! What there is and where. Everybody who may read settings reads all of it.

use serde::Serialize;
use uuid::Uuid;

use super::super::rules::Level;
use super::super::store::{self, InstanceTypeRow, PlaceRow, TypeZoneRow};
use crate::error::{Error, Result};
use crate::features::catalog::Catalog;
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::paging::Paging;

/// A page of the providers, regions or zones, and how many there are.
pub async fn places(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    level: Level,
    paging: &Paging,
) -> Result<(Vec<PlaceRow>, i64)> {
    let mut tx = catalog.core.db.read(&authorized).await?;
    let total = store::count_places(&mut tx, level, paging).await?;
    Ok((store::places(&mut tx, level, paging).await?, total))
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
    let total = store::count_instance_types(&mut tx, paging).await?;
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
    store::place(tx.conn(), Level::Zone, zone)
        .await?
        .ok_or_else(Error::not_found)?;
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
