//! Reading, adding, changing, pricing, activating and deleting models.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Models;
use super::rules::{
    ModelRequest, ModelRow, PriceRequest, check_model, check_price, is_technical, knows_who_acts,
    recommended_data_volume_gb,
};
use super::store::{self, Selection};
use crate::activation::Activation;
use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};
use crate::features::audit::{self, Act};
use crate::features::catalog;
use crate::money::Eur;
use crate::operation::{Authorized, Workspace};
use crate::plumbing::db::{TenantTx, WriteTx};
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::paging::{Page, Paging};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::plumbing::events::{self, Topic};
use crate::validation::Validation;

/// A model as this workspace sees it.
#[derive(Debug, Clone)]
pub struct VisibleModel {
    pub model: ModelRow,
    /// Instances of this workspace that serve it.
    pub ready_instances: i64,
}

pub async fn list(models: &Models, authorized: Authorized<'_>, paging: &Paging) -> Result<Page<VisibleModel>> {
    let mut tx = models.core.db.read(&authorized).await?;
    select(&mut tx, paging, Selection::default()).await
}

/// Models that fit on an instance type.
///
/// # Errors
/// 404 when there is no such type.
pub async fn list_fitting(
    models: &Models,
    authorized: Authorized<'_>,
    instance_type: Uuid,
    paging: impl FnOnce() -> Result<Paging>,
) -> Result<Page<VisibleModel>> {
    let mut tx = models.core.db.read(&authorized).await?;
    let instance_type = catalog::instance_type(tx.conn(), instance_type)
        .await?
        .ok_or_else(Error::not_found)?;
    let vram = catalog::total_vram_gb(instance_type.gpu_count, instance_type.vram_per_gpu_gb);
    let selection = Selection {
        at_most_vram_gb: Some(vram),
        ..Selection::default()
    };
    select(&mut tx, &paging()?, selection).await
}

async fn select(tx: &mut TenantTx, paging: &Paging, selection: Selection) -> Result<Page<VisibleModel>> {
    let rows = store::visible(tx, paging, selection).await?;
    let ready = store::ready_instances(tx).await?;
    let workspace = tx.operation().workspace;
    Ok(paging.page(
        rows,
        |row| (row.created_at, row.id),
        |model| seen(model, &ready, workspace),
    ))
}

fn seen(mut model: ModelRow, ready: &HashMap<Uuid, i64>, workspace: Workspace) -> VisibleModel {
    let ready_instances = ready.get(&model.id).copied().unwrap_or(0);
    if !knows_who_acts(&model.scope, workspace) {
        model.tech_activated_by = None;
        model.tech_activated_by_username = None;
        model.eco_activated_by = None;
        model.eco_activated_by_username = None;
    }
    VisibleModel { model, ready_instances }
}

/// # Errors
/// 404 for what this workspace does not see.
pub async fn get(models: &Models, authorized: Authorized<'_>, id: Uuid) -> Result<VisibleModel> {
    let mut tx = models.core.db.read(&authorized).await?;
    get_in(&mut tx, id).await
}

async fn get_in(tx: &mut TenantTx, id: Uuid) -> Result<VisibleModel> {
    let model = store::get(tx, id).await?.ok_or_else(Error::not_found)?;
    let ready = store::ready_instances(tx).await?;
    Ok(seen(model, &ready, tx.operation().workspace))
}

/// Disk for a server that runs the model, in GB.
///
/// # Errors
/// 404 for what this workspace does not see.
pub async fn recommended_data_volume(models: &Models, authorized: Authorized<'_>, id: Uuid) -> Result<i32> {
    let seen = get(models, authorized, id).await?;
    Ok(recommended_data_volume_gb(seen.model.data_volume_gb))
}

/// Adds a model, inactive in both senses.
///
/// # Errors
/// 422 naming the field.
pub async fn create(
    models: &Models,
    authorized: Authorized<'_>,
    request: ModelRequest,
    attempt: &Attempt<'_>,
    show: impl FnOnce(VisibleModel) -> Result<Value>,
) -> Result<FirstAnswer> {
    let mut tx = models.core.db.write(&authorized).await?;
    if let Some(answer) = attempt.replay(&mut tx).await? {
        return Ok(answer);
    }
    check(&request)?;
    let id = crate::ids::new_id();
    store::insert(&mut tx, id, &request).await?;
    let created = get_in(&mut tx, id).await?;
    let after = technical_face(&request);
    record(
        &mut tx,
        &created.model,
        Act::new("model.create", "model", id).after(&after),
    )
    .await?;
    let answer = FirstAnswer::created(show(created)?);
    attempt.keep(&mut tx, &answer, None).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Replaces what its owner decides. A change of what runs clears the technical activation.
///
/// # Errors
/// 404; 403 `read_only_model`; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn update(
    models: &Models,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<ModelRequest>,
) -> Result<VisibleModel> {
    let mut tx = models.core.db.write(&authorized).await?;
    let before = own(&mut tx, id).await?;
    if_match.check(&tag(&before))?;
    let request = parse()?;
    check(&request)?;
    let clear_tech = is_technical(&before, &request);
    store::update(&mut tx, id, &request, clear_tech).await?;
    let mut after = technical_face(&request);
    after["tech_cleared"] = json!(clear_tech && before.tech_activated_at.is_some());
    let before_face = technical_face(&as_request(&before));
    let act = Act::new("model.update", "model", id).before(&before_face).after(&after);
    record(&mut tx, &before, act).await?;
    let now = get_in(&mut tx, id).await?;
    tx.commit().await?;
    Ok(now)
}

/// A new price for requests that start from now on; it has to be approved economically again. The same price changes nothing.
///
/// # Errors
/// 404; 403 `read_only_model`; 412 when `if_match` is not the current tag; 422 naming the field.
pub async fn set_price(
    models: &Models,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<PriceRequest>,
) -> Result<VisibleModel> {
    let mut tx = models.core.db.write(&authorized).await?;
    let before = own(&mut tx, id).await?;
    if_match.check(&tag(&before))?;
    let price = parse()?;
    let mut validation = Validation::default();
    check_price(&mut validation, &price);
    validation.finish()?;
    let current = (
        before.input_eur_per_1m,
        before.cached_input_eur_per_1m,
        before.output_eur_per_1m,
    );
    if current != (Some(price.input.0), Some(price.cached_input.0), Some(price.output.0)) {
        store::insert_price(&mut tx, &before, &price).await?;
        store::activate(&mut tx, id, Activation::Eco, false).await?;
        let (input, cached, output) = current;
        let before_face = price_face(before.price_version.unwrap_or(0), [input, cached, output]);
        let version = before.price_version.unwrap_or(0) + 1;
        let mut after = price_face(
            version,
            [Some(price.input.0), Some(price.cached_input.0), Some(price.output.0)],
        );
        after["eco_cleared"] = json!(before.eco_activated_at.is_some());
        let act = Act::new("model.set_price", "model", id)
            .before(&before_face)
            .after(&after);
        record(&mut tx, &before, act).await?;
    }
    let now = get_in(&mut tx, id).await?;
    tx.commit().await?;
    Ok(now)
}

/// Sets or clears one of the two flags; what is already so stays as it was.
///
/// # Errors
/// 404; 403 `read_only_model`; 412 when `if_match` is not the current tag.
pub async fn activate(
    models: &Models,
    authorized: Authorized<'_>,
    id: Uuid,
    activation: Activation,
    if_match: &IfMatch,
    parse: impl FnOnce() -> Result<bool>,
) -> Result<VisibleModel> {
    let mut tx = models.core.db.write(&authorized).await?;
    let before = own(&mut tx, id).await?;
    if_match.check(&tag(&before))?;
    let active = parse()?;
    let was = before.activations().has(activation);
    let action = match activation {
        Activation::Tech => "model.activate_tech",
        Activation::Eco => "model.activate_eco",
    };
    if was != active {
        store::activate(&mut tx, id, activation, active).await?;
        let (was, is) = (json!({"active": was}), json!({"active": active}));
        record(&mut tx, &before, Act::new(action, "model", id).before(&was).after(&is)).await?;
    }
    let now = get_in(&mut tx, id).await?;
    tx.commit().await?;
    Ok(now)
}

/// Takes a model out of the catalogue.
///
/// # Errors
/// 404; 403 `read_only_model`; 409 `model_in_use` while an instance that isn't over runs it.
pub async fn delete(models: &Models, authorized: Authorized<'_>, id: Uuid) -> Result<()> {
    let mut tx = models.core.db.write(&authorized).await?;
    let model = own(&mut tx, id).await?;
    // The lock on the model makes deployments of it wait (their foreign key needs the row), so none appears after this look.
    if store::is_in_use(&mut tx, id).await? {
        let detail = "An instance runs this model: terminate it first.";
        return Err(Error::conflict(ErrorCode::ModelInUse, detail));
    }
    store::soft_delete(&mut tx, id).await?;
    let before = json!({"name": model.name, "model_id": model.model_id});
    record(&mut tx, &model, Act::new("model.delete", "model", id).before(&before)).await?;
    tx.commit().await
}

/// The version tag of a model, for `ETag` and `If-Match`.
pub fn tag(model: &ModelRow) -> Tag {
    Tag::of_change(model.updated_at)
}

/// One of the workspace's own models, locked.
async fn own(tx: &mut WriteTx, id: Uuid) -> Result<ModelRow> {
    let is_own = store::lock_own(tx, id).await?;
    let model = store::get(tx, id).await?.ok_or_else(Error::not_found)?;
    if is_own {
        Ok(model)
    } else {
        let detail = "This model belongs to the public catalogue, which only the platform's admins change.";
        Err(Error::new(Kind::Forbidden, ErrorCode::ReadOnlyModel, detail))
    }
}

fn check(request: &ModelRequest) -> Result<()> {
    let mut validation = Validation::default();
    check_model(&mut validation, request);
    validation.finish()
}

/// Into the chain of the model's owner, and to whoever watches.
async fn record(tx: &mut WriteTx, model: &ModelRow, act: Act<'_>) -> Result<()> {
    audit::record_in(tx, model.tenant, act).await?;
    events::notify(tx.conn(), Topic::Models, model.tenant, model.id).await
}

fn as_request(row: &ModelRow) -> ModelRequest {
    ModelRequest {
        name: row.name.clone(),
        model_id: row.model_id.clone(),
        description: row.description.clone(),
        licence: row.licence.clone(),
        kind: row.kind,
        engine: row.engine,
        engine_arguments: row.engine_arguments.clone(),
        required_vram_gb: row.required_vram_gb,
        context_length: row.context_length,
        data_volume_gb: row.data_volume_gb,
        is_active: row.is_active,
    }
}

/// What the audit log says of a model; its description is too long for it and decides nothing.
fn technical_face(model: &ModelRequest) -> Value {
    json!({
        "name": model.name.trim(), "model_id": model.model_id, "licence": model.licence.trim(), "kind": model.kind.as_str(),
        "engine": model.engine.as_str(), "engine_arguments": model.engine_arguments, "required_vram_gb": model.required_vram_gb, "context_length": model.context_length,
        "data_volume_gb": model.data_volume_gb, "is_active": model.is_active,
    })
}

fn price_face(version: i32, [input, cached_input, output]: [Option<rust_decimal::Decimal>; 3]) -> Value {
    json!({
        "version": version, "input_eur_per_1m": input.map(Eur), "cached_input_eur_per_1m": cached_input.map(Eur),
        "output_eur_per_1m": output.map(Eur),
    })
}
