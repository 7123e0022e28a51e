//! Reading the catalogue, and its administration by the platform.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::rules::{check_code, check_instance_type, check_named, check_provider_code, check_zones};
use super::store::{self, InstanceTypeRow, NewInstanceType, NewPlace, ProviderRow, RegionRow, TypeZoneRow, ZoneRow};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::ids::{PLATFORM, new_id};
use crate::money::Eur;
use crate::operation::Authorized;
use crate::plumbing::db::{SystemReason, SystemTx, TenantTx};
use crate::plumbing::edge::body::Validation;
use crate::plumbing::edge::idempotency::{Answer, Attempt};
use crate::plumbing::edge::paging::Paging;
use crate::plumbing::events::{self, Topic};

// ---------------------------------------------------------------- reading

pub async fn providers(app: &App, authorized: Authorized<'_>, paging: &Paging) -> Result<(Vec<ProviderRow>, i64)> {
    let mut tx = app.db.read(&authorized).await?;
    let [total, ..] = store::totals(&mut tx, paging).await?;
    Ok((store::providers(&mut tx, paging).await?, total))
}

pub async fn regions(app: &App, authorized: Authorized<'_>, paging: &Paging) -> Result<(Vec<RegionRow>, i64)> {
    let mut tx = app.db.read(&authorized).await?;
    let [_, total, ..] = store::totals(&mut tx, paging).await?;
    Ok((store::regions(&mut tx, paging).await?, total))
}

pub async fn zones(app: &App, authorized: Authorized<'_>, paging: &Paging) -> Result<(Vec<ZoneRow>, i64)> {
    let mut tx = app.db.read(&authorized).await?;
    let [_, _, total, _] = store::totals(&mut tx, paging).await?;
    Ok((store::zones(&mut tx, paging).await?, total))
}

/// A type and where it is to be had.
#[derive(Debug, Clone)]
pub struct Offered {
    pub instance_type: InstanceTypeRow,
    pub zones: Vec<TypeZoneRow>,
}

pub async fn instance_types(app: &App, authorized: Authorized<'_>, paging: &Paging) -> Result<(Vec<Offered>, i64)> {
    let mut tx = app.db.read(&authorized).await?;
    let [.., total] = store::totals(&mut tx, paging).await?;
    let rows = store::instance_types(&mut tx, paging, None).await?;
    Ok((with_zones(&mut tx, rows).await?, total))
}

/// # Errors
/// 404 when there is no such zone.
pub async fn instance_types_in_zone(
    app: &App,
    authorized: Authorized<'_>,
    zone: Uuid,
    paging: impl FnOnce() -> Result<Paging>,
) -> Result<(Vec<Offered>, Paging)> {
    let mut tx = app.db.read(&authorized).await?;
    store::zone(&mut tx, zone).await?.ok_or_else(Error::not_found)?;
    let paging = paging()?;
    let rows = store::instance_types(&mut tx, &paging, Some(zone)).await?;
    Ok((with_zones(&mut tx, rows).await?, paging))
}

/// # Errors
/// 404 when there is no such type.
pub async fn zones_of_instance_type(app: &App, authorized: Authorized<'_>, id: Uuid) -> Result<Vec<TypeZoneRow>> {
    let mut tx = app.db.read(&authorized).await?;
    store::instance_type(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    store::zones_of_types(&mut tx, &[id]).await
}

async fn with_zones(tx: &mut TenantTx, rows: Vec<InstanceTypeRow>) -> Result<Vec<Offered>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let zones = store::zones_of_types(tx, &ids).await?;
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

// ---------------------------------------------------------------- administration

/// A change of the catalogue under way: the platform's transaction writes, while the admin's own keeps session and role locked
/// until the change is committed, so that a demotion comes before or after it, never in between.
struct Administration {
    admin: TenantTx,
    platform: SystemTx,
}

impl Administration {
    async fn begin(app: &App, authorized: &Authorized<'_>) -> Result<Self> {
        let admin = app.db.write(authorized).await?;
        let platform = app.db.system(SystemReason::CatalogAdministration).await?;
        Ok(Self { admin, platform })
    }

    async fn finish(mut self, act: Act<'_>, id: Uuid) -> Result<TenantTx> {
        audit::record_by(&mut self.platform, self.admin.operation(), PLATFORM, act).await?;
        events::notify(self.platform.conn(), Topic::Catalog, PLATFORM, id).await?;
        self.platform.commit().await?;
        Ok(self.admin)
    }
}

/// Adds a row once per idempotency key. The answer is kept in a second transaction; should the program die between both, the
/// repeated request finds its code taken instead of adding a second row.
struct Addition<'a> {
    attempt: &'a Attempt<'a>,
    administration: Administration,
}

enum Begun<'a> {
    Replayed(Answer),
    New(Box<Addition<'a>>),
}

impl<'a> Addition<'a> {
    async fn begin(app: &App, authorized: &Authorized<'_>, attempt: &'a Attempt<'a>) -> Result<Begun<'a>> {
        let mut administration = Administration::begin(app, authorized).await?;
        Ok(match attempt.replay(&mut administration.admin).await? {
            Some(answer) => Begun::Replayed(answer),
            None => Begun::New(Box::new(Addition {
                attempt,
                administration,
            })),
        })
    }

    async fn finish(
        self,
        action: &'static str,
        target: &'static str,
        id: Uuid,
        after: &Value,
        body: impl AsyncFnOnce(&mut TenantTx) -> Result<Value>,
    ) -> Result<Answer> {
        let act = Act::new(action, target, id).after(after);
        let mut admin = self.administration.finish(act, id).await?;
        let answer = Answer {
            status: StatusCode::CREATED,
            body: body(&mut admin).await?,
        };
        self.attempt.keep(&mut admin, &answer, None).await?;
        admin.commit().await?;
        Ok(answer)
    }
}

/// What may be changed of a provider, a region or a zone.
#[derive(Debug, Clone)]
pub struct NamedChange {
    pub name: String,
    pub is_active: bool,
}

impl NamedChange {
    fn show(&self) -> Value {
        json!({"name": self.name.trim(), "is_active": self.is_active})
    }
}

/// # Errors
/// 422 naming the field.
pub async fn create_provider(
    app: &App,
    authorized: Authorized<'_>,
    code: &str,
    named: NamedChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(ProviderRow) -> Result<Value>,
) -> Result<Answer> {
    let mut addition = match Addition::begin(app, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let mut validation = Validation::default();
    check_provider_code(&mut validation, code);
    check_named(&mut validation, &named);
    validation.finish()?;
    let id = new_id();
    let new = NewPlace {
        id,
        provider_id: id,
        code,
        name: named.name.trim(),
        is_active: named.is_active,
    };
    store::insert_provider(&mut addition.administration.platform, &new).await?;
    let after = json!({"code": code, "name": new.name, "is_active": new.is_active});
    let body = async |tx: &mut TenantTx| show(store::provider(tx, id).await?.ok_or_else(Error::not_found)?);
    addition.finish("provider.create", "provider", id, &after, body).await
}

/// # Errors
/// 422 naming the field; `provider_id` when there is no such provider.
pub async fn create_region(
    app: &App,
    authorized: Authorized<'_>,
    provider_id: Uuid,
    code: &str,
    named: NamedChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(RegionRow) -> Result<Value>,
) -> Result<Answer> {
    let mut addition = match Addition::begin(app, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let known = store::provider(&mut addition.administration.admin, provider_id).await?;
    let mut validation = Validation::default();
    validation.check(known.is_some(), "provider_id", "unknown", "is not a provider");
    check_code(&mut validation, code);
    check_named(&mut validation, &named);
    validation.finish()?;
    let id = new_id();
    let new = NewPlace {
        id,
        provider_id,
        code,
        name: named.name.trim(),
        is_active: named.is_active,
    };
    store::insert_region(&mut addition.administration.platform, &new).await?;
    let after = json!({"provider_id": provider_id, "code": code, "name": new.name, "is_active": new.is_active});
    let body = async |tx: &mut TenantTx| show(store::region(tx, id).await?.ok_or_else(Error::not_found)?);
    addition.finish("region.create", "region", id, &after, body).await
}

/// # Errors
/// 422 naming the field; `region_id` when there is no such region.
pub async fn create_zone(
    app: &App,
    authorized: Authorized<'_>,
    region_id: Uuid,
    code: &str,
    named: NamedChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(ZoneRow) -> Result<Value>,
) -> Result<Answer> {
    let mut addition = match Addition::begin(app, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let region = store::region(&mut addition.administration.admin, region_id).await?;
    let mut validation = Validation::default();
    validation.check(region.is_some(), "region_id", "unknown", "is not a region");
    check_code(&mut validation, code);
    check_named(&mut validation, &named);
    validation.finish()?;
    let id = new_id();
    let new = NewPlace {
        id,
        provider_id: region.map(|region| region.provider_id).unwrap_or_default(),
        code,
        name: named.name.trim(),
        is_active: named.is_active,
    };
    store::insert_zone(&mut addition.administration.platform, &new, region_id).await?;
    let after = json!({"region_id": region_id, "code": code, "name": new.name, "is_active": new.is_active});
    let body = async |tx: &mut TenantTx| show(store::zone(tx, id).await?.ok_or_else(Error::not_found)?);
    addition.finish("zone.create", "zone", id, &after, body).await
}

/// Everything of a type that may be changed: all but its provider and code.
#[derive(Debug, Clone)]
pub struct InstanceTypeChange {
    pub name: String,
    pub cpu_count: i32,
    pub memory_gb: i32,
    pub gpu_count: i32,
    pub vram_per_gpu_gb: i32,
    pub cost_per_hour_eur: Eur,
    pub is_active: bool,
}

impl InstanceTypeChange {
    fn row<'a>(&'a self, id: Uuid, provider_id: Uuid, code: &'a str) -> NewInstanceType<'a> {
        NewInstanceType {
            id,
            provider_id,
            code,
            name: self.name.trim(),
            cpu_count: self.cpu_count,
            memory_gb: self.memory_gb,
            gpu_count: self.gpu_count,
            vram_per_gpu_gb: self.vram_per_gpu_gb,
            cost_per_hour_eur: self.cost_per_hour_eur.0,
            is_active: self.is_active,
        }
    }
}

/// # Errors
/// 422 naming the field; `provider_id` when there is no such provider.
pub async fn create_instance_type(
    app: &App,
    authorized: Authorized<'_>,
    provider_id: Uuid,
    code: &str,
    change: InstanceTypeChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(Offered) -> Result<Value>,
) -> Result<Answer> {
    let mut addition = match Addition::begin(app, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let known = store::provider(&mut addition.administration.admin, provider_id).await?;
    let mut validation = Validation::default();
    validation.check(known.is_some(), "provider_id", "unknown", "is not a provider");
    check_code(&mut validation, code);
    check_instance_type(&mut validation, &change);
    validation.finish()?;
    let id = new_id();
    let new = change.row(id, provider_id, code);
    let platform = &mut addition.administration.platform;
    store::insert_instance_type(platform, &new).await?;
    store::append_price(platform, id, None, new.cost_per_hour_eur, authorized.request.now).await?;
    let after = show_type(&new);
    let body = async |tx: &mut TenantTx| show(offered(tx, id).await?);
    addition
        .finish("instance_type.create", "instance_type", id, &after, body)
        .await
}

/// # Errors
/// 404; 422 naming the field.
pub async fn update_provider(
    app: &App,
    authorized: Authorized<'_>,
    id: Uuid,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<ProviderRow> {
    let mut administration = Administration::begin(app, &authorized).await?;
    let before = store::provider(&mut administration.admin, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let change = checked(parse()?)?;
    store::update_provider(&mut administration.platform, id, change.name.trim(), change.is_active).await?;
    let (before, after) = (shown(before.name, before.is_active), change.show());
    let act = Act::new("provider.update", "provider", id)
        .before(&before)
        .after(&after);
    let mut tx = administration.finish(act, id).await?;
    store::provider(&mut tx, id).await?.ok_or_else(Error::not_found)
}

/// # Errors
/// 404; 422 naming the field.
pub async fn update_region(
    app: &App,
    authorized: Authorized<'_>,
    id: Uuid,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<RegionRow> {
    let mut administration = Administration::begin(app, &authorized).await?;
    let before = store::region(&mut administration.admin, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let change = checked(parse()?)?;
    store::update_region(&mut administration.platform, id, change.name.trim(), change.is_active).await?;
    let (before, after) = (shown(before.name, before.is_active), change.show());
    let act = Act::new("region.update", "region", id).before(&before).after(&after);
    let mut tx = administration.finish(act, id).await?;
    store::region(&mut tx, id).await?.ok_or_else(Error::not_found)
}

/// # Errors
/// 404; 422 naming the field.
pub async fn update_zone(
    app: &App,
    authorized: Authorized<'_>,
    id: Uuid,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<ZoneRow> {
    let mut administration = Administration::begin(app, &authorized).await?;
    let before = store::zone(&mut administration.admin, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let change = checked(parse()?)?;
    store::update_zone(&mut administration.platform, id, change.name.trim(), change.is_active).await?;
    let (before, after) = (shown(before.name, before.is_active), change.show());
    let act = Act::new("zone.update", "zone", id).before(&before).after(&after);
    let mut tx = administration.finish(act, id).await?;
    store::zone(&mut tx, id).await?.ok_or_else(Error::not_found)
}

/// A new price is for servers ordered from now on: running ones keep theirs.
///
/// # Errors
/// 404; 422 naming the field.
pub async fn update_instance_type(
    app: &App,
    authorized: Authorized<'_>,
    id: Uuid,
    parse: impl FnOnce() -> Result<InstanceTypeChange>,
) -> Result<Offered> {
    let mut administration = Administration::begin(app, &authorized).await?;
    let old_price = store::lock_instance_type(&mut administration.platform, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let before = store::instance_type(&mut administration.admin, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let change = parse()?;
    let mut validation = Validation::default();
    check_instance_type(&mut validation, &change);
    validation.finish()?;
    let new = change.row(id, before.provider_id, &before.code);
    let platform = &mut administration.platform;
    store::update_instance_type(platform, &new).await?;
    if new.cost_per_hour_eur != old_price {
        store::append_price(platform, id, None, new.cost_per_hour_eur, authorized.request.now).await?;
    }
    let after = show_type(&new);
    let before = show_type(&NewInstanceType {
        id,
        provider_id: before.provider_id,
        code: &before.code,
        name: &before.name,
        cpu_count: before.cpu_count,
        memory_gb: before.memory_gb,
        gpu_count: before.gpu_count,
        vram_per_gpu_gb: before.vram_per_gpu_gb,
        cost_per_hour_eur: before.cost_per_hour_eur,
        is_active: before.is_active,
    });
    let act = Act::new("instance_type.update", "instance_type", id)
        .before(&before)
        .after(&after);
    let mut tx = administration.finish(act, id).await?;
    offered(&mut tx, id).await
}

/// A type's offer in one zone.
#[derive(Debug, Clone)]
pub struct TypeZoneChange {
    pub zone_id: Uuid,
    pub is_available: bool,
    /// Where it differs from the type's own price.
    pub cost_per_hour_eur: Option<Eur>,
}

/// Replaces where a type is offered.
///
/// # Errors
/// 404; 422 naming the field, also for a zone that the type's provider doesn't have.
pub async fn put_zones(
    app: &App,
    authorized: Authorized<'_>,
    id: Uuid,
    parse: impl FnOnce() -> Result<Vec<TypeZoneChange>>,
) -> Result<Vec<TypeZoneRow>> {
    let mut administration = Administration::begin(app, &authorized).await?;
    store::lock_instance_type(&mut administration.platform, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let instance_type = store::instance_type(&mut administration.admin, id)
        .await?
        .ok_or_else(Error::not_found)?;
    let before = store::zones_of_types(&mut administration.admin, &[id]).await?;
    let zones = parse()?;
    let platform = &mut administration.platform;
    let named: Vec<Uuid> = zones.iter().map(|zone| zone.zone_id).collect();
    let known = store::zones_of_provider(platform, instance_type.provider_id, &named).await?;
    let mut validation = Validation::default();
    check_zones(&mut validation, &zones);
    for (index, zone) in zones.iter().enumerate() {
        let field = format!("zones[{index}].zone_id");
        let rule = "is not a zone of the type's provider";
        validation.check(known.contains(&zone.zone_id), &field, "unknown", rule);
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
    let mut tx = administration.finish(act, id).await?;
    store::zones_of_types(&mut tx, &[id]).await
}

fn checked(change: NamedChange) -> Result<NamedChange> {
    let mut validation = Validation::default();
    check_named(&mut validation, &change);
    validation.finish()?;
    Ok(change)
}

fn shown(name: String, is_active: bool) -> Value {
    NamedChange { name, is_active }.show()
}

fn show_type(row: &NewInstanceType<'_>) -> Value {
    json!({
        "provider_id": row.provider_id, "code": row.code, "name": row.name, "cpu_count": row.cpu_count, "memory_gb": row.memory_gb,
        "gpu_count": row.gpu_count, "vram_per_gpu_gb": row.vram_per_gpu_gb, "cost_per_hour_eur": Eur(row.cost_per_hour_eur),
        "is_active": row.is_active,
    })
}

async fn offered(tx: &mut TenantTx, id: Uuid) -> Result<Offered> {
    let row = store::instance_type(tx, id).await?.ok_or_else(Error::not_found)?;
    Ok(Offered {
        zones: store::zones_of_types(tx, &[id]).await?,
        instance_type: row,
    })
}
