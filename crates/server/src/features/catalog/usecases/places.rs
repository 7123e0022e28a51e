//! Administration of providers, regions and zones.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::rules::{NamedChange, check_code, check_named, check_provider_code};
use super::super::store::{self, NewPlace, ProviderRow, RegionRow, ZoneRow};
use super::administration::{Addition, Administration, Begun};
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::audit::Act;
use crate::features::catalog::Catalog;
use crate::ids::new_id;
use crate::operation::Authorized;
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::validation::Validation;

/// # Errors
/// 422 naming the field.
pub async fn create_provider(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    code: &str,
    named: NamedChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(ProviderRow) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut addition = match Addition::begin(catalog, &authorized, attempt).await? {
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
    store::insert_provider(addition.tx(), &new).await?;
    let after = json!({"code": code, "name": new.name, "is_active": new.is_active});
    let row = store::provider(addition.tx().conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    let act = Act::new("provider.create", "provider", id).after(&after);
    addition.finish(act, id, show(row)?).await
}

/// # Errors
/// 422 naming the field; `provider_id` when there is no such provider.
pub async fn create_region(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    provider_id: Uuid,
    code: &str,
    named: NamedChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(RegionRow) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut addition = match Addition::begin(catalog, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let known = store::provider(addition.tx().conn(), provider_id).await?;
    let mut validation = Validation::default();
    validation.check(known.is_some(), "provider_id", FieldCode::Unknown, "is not a provider");
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
    store::insert_region(addition.tx(), &new).await?;
    let after = json!({"provider_id": provider_id, "code": code, "name": new.name, "is_active": new.is_active});
    let row = store::region(addition.tx().conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    let act = Act::new("region.create", "region", id).after(&after);
    addition.finish(act, id, show(row)?).await
}

/// # Errors
/// 422 naming the field; `region_id` when there is no such region.
pub async fn create_zone(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    region_id: Uuid,
    code: &str,
    named: NamedChange,
    attempt: &Attempt<'_>,
    show: impl FnOnce(ZoneRow) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut addition = match Addition::begin(catalog, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let region = store::region(addition.tx().conn(), region_id).await?;
    let mut validation = Validation::default();
    validation.check(region.is_some(), "region_id", FieldCode::Unknown, "is not a region");
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
    store::insert_zone(addition.tx(), &new, region_id).await?;
    let after = json!({"region_id": region_id, "code": code, "name": new.name, "is_active": new.is_active});
    let row = store::zone(addition.tx().conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    let act = Act::new("zone.create", "zone", id).after(&after);
    addition.finish(act, id, show(row)?).await
}

/// # Errors
/// 404; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn update_provider(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<ProviderRow> {
    let mut administration = Administration::begin(catalog, &authorized).await?;
    let before = store::provider(administration.tx.conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    if_match.check(&Tag::of(&before))?;
    let change = checked(parse()?)?;
    store::update_provider(&mut administration.tx, id, change.name.trim(), change.is_active).await?;
    let (before, after) = (shown(before.name, before.is_active), change.show());
    let act = Act::new("provider.update", "provider", id)
        .before(&before)
        .after(&after);
    let row = store::provider(administration.tx.conn(), id).await?;
    administration.finish(act, id).await?;
    row.ok_or_else(Error::not_found)
}

/// # Errors
/// 404; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn update_region(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<RegionRow> {
    let mut administration = Administration::begin(catalog, &authorized).await?;
    let before = store::region(administration.tx.conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    if_match.check(&Tag::of(&before))?;
    let change = checked(parse()?)?;
    store::update_region(&mut administration.tx, id, change.name.trim(), change.is_active).await?;
    let (before, after) = (shown(before.name, before.is_active), change.show());
    let act = Act::new("region.update", "region", id).before(&before).after(&after);
    let row = store::region(administration.tx.conn(), id).await?;
    administration.finish(act, id).await?;
    row.ok_or_else(Error::not_found)
}

/// # Errors
/// 404; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn update_zone(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<ZoneRow> {
    let mut administration = Administration::begin(catalog, &authorized).await?;
    let before = store::zone(administration.tx.conn(), id)
        .await?
        .ok_or_else(Error::not_found)?;
    if_match.check(&Tag::of(&before))?;
    let change = checked(parse()?)?;
    store::update_zone(&mut administration.tx, id, change.name.trim(), change.is_active).await?;
    let (before, after) = (shown(before.name, before.is_active), change.show());
    let act = Act::new("zone.update", "zone", id).before(&before).after(&after);
    let row = store::zone(administration.tx.conn(), id).await?;
    administration.finish(act, id).await?;
    row.ok_or_else(Error::not_found)
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
