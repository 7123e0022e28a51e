//! Administration of instance types: what they are, cost, and where they are offered.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::rules::{InstanceTypeChange, Level, TypeZoneChange, check_code, check_instance_type, check_zones};
use super::super::store::{self, InstanceTypeRow, TypeZoneRow};
use super::administration::{Addition, Administration, Begun};
use super::reading::Offered;
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::audit::Act;
use crate::features::catalog::Catalog;
use crate::ids::new_id;
use crate::money::Eur;
use crate::operation::Authorized;
use crate::plumbing::db::SystemTx;
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::validation::Validation;

/// # Errors
/// 422 naming the field; `provider_id` when there is no such provider.
pub async fn create_instance_type(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    provider_id: Uuid,
    code: String,
    change: InstanceTypeChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(Offered) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut addition = match Addition::begin(catalog, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let known = store::place(addition.tx().conn(), Level::Provider, provider_id).await?;
    let mut validation = Validation::default();
    validation.check(known.is_some(), "provider_id", FieldCode::Unknown, "is not a provider");
    check_code(&mut validation, &code);
    check_instance_type(&mut validation, &change);
    validation.finish()?;
    let id = new_id();
    let new = row(change, id, provider_id, code);
    let platform = addition.tx();
    store::insert_instance_type(platform, &new).await?;
    store::append_price(platform, id, None, new.cost_per_hour_eur, authorized.request.now).await?;
    let after = show_type(&new);
    let body = show(offered(addition.tx(), id).await?)?;
    let act = Act::new("instance_type.create", "instance_type", id).after(&after);
    addition.finish(act, id, body).await
}

/// A new price is for servers ordered from now on: running ones keep theirs.
///
/// # Errors
/// 404; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn update_instance_type(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<InstanceTypeChange>,
) -> Result<Offered> {
    let mut administration = Administration::begin(catalog, &authorized).await?;
    let old_price = store::lock_instance_type(&mut administration.tx, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let before = offered(&mut administration.tx, id).await?;
    if_match.check(&Tag::of(&before))?;
    let before = before.instance_type;
    let change = parse()?;
    let mut validation = Validation::default();
    check_instance_type(&mut validation, &change);
    validation.finish()?;
    let new = row(change, id, before.provider_id, before.code.clone());
    let platform = &mut administration.tx;
    store::update_instance_type(platform, &new).await?;
    if new.cost_per_hour_eur != old_price {
        store::append_price(platform, id, None, new.cost_per_hour_eur, authorized.request.now).await?;
    }
    let (before, after) = (show_type(&before), show_type(&new));
    let act = Act::new("instance_type.update", "instance_type", id)
        .before(&before)
        .after(&after);
    let offered = offered(&mut administration.tx, id).await?;
    administration.finish(act, id).await?;
    Ok(offered)
}

/// Replaces where a type is offered.
///
/// # Errors
/// 404; 412 when `if_match` is not the current tag of the zones; 422 naming the field, also for a zone that the type's provider doesn't have.
pub async fn put_zones(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<Vec<TypeZoneChange>>,
) -> Result<Vec<TypeZoneRow>> {
    let mut administration = Administration::begin(catalog, &authorized).await?;
    store::lock_instance_type(&mut administration.tx, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let instance_type = store::instance_type(administration.tx.conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    let before = store::zones_of_types(administration.tx.conn(), &[id]).await?;
    if_match.check(&Tag::of(&before))?;
    let zones = parse()?;
    let platform = &mut administration.tx;
    let named: Vec<Uuid> = zones.iter().map(|zone| zone.zone_id).collect();
    let known = store::zones_of_provider(platform, instance_type.provider_id, &named).await?;
    let mut validation = Validation::default();
    check_zones(&mut validation, &zones);
    for (index, zone) in zones.iter().enumerate() {
        let field = format!("zones[{index}].zone_id");
        let rule = "is not a zone of the type's provider";
        validation.check(known.contains(&zone.zone_id), &field, FieldCode::Unknown, rule);
    }
    validation.finish()?;

    store::keep_type_zones(platform, id, &named).await?;
    for zone in &zones {
        let price = zone.cost_per_hour_eur.map(|price| price.0);
        let (provider, now) = (instance_type.provider_id, authorized.request.now);
        store::put_type_zone(platform, provider, id, zone.zone_id, zone.is_available, price).await?;
        let old = before
            .iter()
            .find(|old| old.zone_id == zone.zone_id)
            .and_then(|old| old.own_cost_per_hour_eur);
        if price != old {
            // Without a price of its own the zone has the type's from now on.
            let effective = price.unwrap_or(instance_type.cost_per_hour_eur);
            store::append_price(platform, id, Some(zone.zone_id), effective, now).await?;
        }
    }
    let entry = |zone: Uuid, available: bool, price: Option<Eur>| json!({"zone_id": zone, "is_available": available, "cost_per_hour_eur": price});
    let before: Value = before
        .iter()
        .map(|row| entry(row.zone_id, row.is_available, row.own_cost_per_hour_eur.map(Eur)))
        .collect();
    let after: Value = zones
        .iter()
        .map(|zone| entry(zone.zone_id, zone.is_available, zone.cost_per_hour_eur))
        .collect();
    let act = Act::new("instance_type.put_zones", "instance_type", id)
        .before(&before)
        .after(&after);
    let offers = store::zones_of_types(administration.tx.conn(), &[id]).await?;
    administration.finish(act, id).await?;
    Ok(offers)
}

fn show_type(row: &InstanceTypeRow) -> Value {
    json!({
        "provider_id": row.provider_id, "code": row.code, "name": row.name, "cpu_count": row.cpu_count, "memory_gb": row.memory_gb,
        "gpu_count": row.gpu_count, "vram_per_gpu_gb": row.vram_per_gpu_gb, "cost_per_hour_eur": Eur(row.cost_per_hour_eur),
        "is_active": row.is_active,
    })
}

async fn offered(tx: &mut SystemTx, id: Uuid) -> Result<Offered> {
    let row = store::instance_type(tx.conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    Ok(Offered {
        zones: store::zones_of_types(tx.conn(), &[id]).await?,
        instance_type: row,
    })
}

/// The row that it makes of a type.
fn row(change: InstanceTypeChange, id: Uuid, provider_id: Uuid, code: String) -> InstanceTypeRow {
    InstanceTypeRow {
        id,
        provider_id,
        code,
        name: change.name.trim().to_owned(),
        cpu_count: change.cpu_count,
        memory_gb: change.memory_gb,
        gpu_count: change.gpu_count,
        vram_per_gpu_gb: change.vram_per_gpu_gb,
        cost_per_hour_eur: change.cost_per_hour_eur.0,
        is_active: change.is_active,
    }
}
