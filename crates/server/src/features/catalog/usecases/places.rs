//! Administration of providers, regions and zones.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::rules::{Level, NamedChange, NewPlace, check_named, check_place_code};
use super::super::store::{self, PlaceRow};
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
/// 422 naming the field, also the one that names what it lies in.
pub async fn create_place(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    level: Level,
    new: NewPlace,
    attempt: &Attempt<'_>,
    show: impl FnOnce(PlaceRow) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut addition = match Addition::begin(catalog, &authorized, attempt).await? {
        Begun::Replayed(answer) => return Ok(answer),
        Begun::New(addition) => addition,
    };
    let mut validation = Validation::default();
    let within = match (level.lies_in(), new.within) {
        (Some((outer, field, rule)), Some(id)) => {
            let within = store::place(addition.tx().conn(), outer, id).await?;
            validation.check(within.is_some(), field, FieldCode::Unknown, rule);
            within
        }
        _ => None,
    };
    check_place_code(&mut validation, level, &new.code);
    check_named(&mut validation, &new.named);
    validation.finish()?;
    let id = new_id();
    let mut after = json!({"code": new.code, "name": new.named.name.trim(), "is_active": new.named.is_active});
    if let Some((_, field, _)) = level.lies_in() {
        after[field] = json!(new.within);
    }
    let row = PlaceRow::new(id, new, within);
    store::insert_place(addition.tx(), level, &row).await?;
    let act = match level {
        Level::Provider => Act::new("provider.create", "provider", id),
        Level::Region => Act::new("region.create", "region", id),
        Level::Zone => Act::new("zone.create", "zone", id),
    };
    addition.finish(act.after(&after), id, show(row)?).await
}

/// # Errors
/// 404; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn update_place(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    level: Level,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<NamedChange>,
) -> Result<PlaceRow> {
    let mut administration = Administration::begin(catalog, &authorized).await?;
    let mut row = store::place(administration.tx.conn(), level, id)
        .await?
        .ok_or_else(Error::not_found)?;
    if_match.check(&Tag::of(&row))?;
    let change = parse()?;
    let mut validation = Validation::default();
    check_named(&mut validation, &change);
    validation.finish()?;
    let show = |row: &PlaceRow| json!({"name": row.name, "is_active": row.is_active});
    let before = show(&row);
    row.name = change.name.trim().to_owned();
    row.is_active = change.is_active;
    store::update_place(&mut administration.tx, level, &row).await?;
    let after = show(&row);
    let act = match level {
        Level::Provider => Act::new("provider.update", "provider", id),
        Level::Region => Act::new("region.update", "region", id),
        Level::Zone => Act::new("zone.update", "zone", id),
    };
    administration.finish(act.before(&before).after(&after), id).await?;
    Ok(row)
}
