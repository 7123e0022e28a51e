//! `/models*`, `/instance_types/{id}/models`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Models;
use super::rules::{Engine, ModelKind, ModelRequest, PriceRequest};
use super::usecases::{self, VisibleModel};
use crate::activation::Activation;
use crate::error::{Error, Problem, Result};
use crate::money::Eur;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{ChangeRefusals, CreateRefusals, ListRefusals, RowRefusals};
use crate::plumbing::edge::versions::IfMatch;

pub fn routes() -> OpenApiRouter<Models> {
    OpenApiRouter::new()
        .routes(routes!(list_models, create_model))
        .routes(routes!(get_model, update_model, delete_model))
        .routes(routes!(set_model_price))
        .routes(routes!(activate_model_tech))
        .routes(routes!(activate_model_eco))
        .routes(routes!(get_recommended_data_volume))
        .routes(routes!(list_instance_type_models))
}

/// A model, public or of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    id: Uuid,
    /// `platform`: public; `organization`: its own.
    #[schema(example = "platform")]
    scope: String,
    organization_id: Option<Uuid>,
    name: String,
    /// What callers send as `model`.
    #[schema(example = "mock/echo")]
    model_id: String,
    description: String,
    licence: String,
    /// What it is asked for.
    kind: ModelKind,
    engine: Engine,
    engine_arguments: Vec<String>,
    required_vram_gb: i32,
    /// Tokens of prompt and answer together.
    context_length: i32,
    /// Size of its files.
    data_volume_gb: i32,
    is_active: bool,
    is_operational: bool,
    /// What is missing before it may serve.
    missing_activations: Vec<Activation>,
    /// Null when the platform did it: itself, or by somebody whom this workspace doesn't know.
    tech_activated_by: Option<Uuid>,
    /// Their username; null for whom this workspace doesn't know (any more).
    tech_activated_by_username: Option<String>,
    tech_activated_at: Option<DateTime<Utc>>,
    eco_activated_by: Option<Uuid>,
    eco_activated_by_username: Option<String>,
    eco_activated_at: Option<DateTime<Utc>>,
    /// Null: without a price it cannot be charged for.
    input_eur_per_1m: Option<Eur>,
    cached_input_eur_per_1m: Option<Eur>,
    output_eur_per_1m: Option<Eur>,
    price_version: Option<i32>,
    /// Instances of this workspace that serve it now.
    ready_instances: i64,
    created_at: DateTime<Utc>,
}

impl From<VisibleModel> for Model {
    fn from(VisibleModel { model, ready_instances }: VisibleModel) -> Self {
        Self {
            missing_activations: model.activations().missing(),
            id: model.id,
            scope: model.scope,
            organization_id: model.organization_id,
            name: model.name,
            model_id: model.model_id,
            description: model.description,
            licence: model.licence,
            kind: model.kind,
            engine: model.engine,
            engine_arguments: model.engine_arguments,
            required_vram_gb: model.required_vram_gb,
            context_length: model.context_length,
            data_volume_gb: model.data_volume_gb,
            is_active: model.is_active,
            is_operational: model.is_operational,
            tech_activated_by: model.tech_activated_by,
            tech_activated_by_username: model.tech_activated_by_username,
            tech_activated_at: model.tech_activated_at,
            eco_activated_by: model.eco_activated_by,
            eco_activated_by_username: model.eco_activated_by_username,
            eco_activated_at: model.eco_activated_at,
            input_eur_per_1m: model.input_eur_per_1m.map(Eur),
            cached_input_eur_per_1m: model.cached_input_eur_per_1m.map(Eur),
            output_eur_per_1m: model.output_eur_per_1m.map(Eur),
            price_version: model.price_version,
            ready_instances,
            created_at: model.created_at,
        }
    }
}

fn tagged(seen: VisibleModel) -> Response {
    usecases::tag(&seen.model).on(Model::from(seen))
}

fn show(page: Page<VisibleModel>) -> Json<Page<Model>> {
    Json(Page {
        items: page.items.into_iter().map(Model::from).collect(),
        next_cursor: page.next_cursor,
    })
}

/// Models of this workspace and public ones
#[utoipa::path(get, path = "/models", operation_id = "list_models", tag = "models", params(ListQuery),
    extensions(("x-permission" = json!("model.read"))),
    responses((status = 200, description = "Models", body = Page<Model>), ListRefusals))]
async fn list_models(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Model>>> {
    let page = usecases::list(&models, allowed.authorized(), &query.check()?).await?;
    Ok(show(page))
}

/// Models that fit on an instance type
#[utoipa::path(get, path = "/instance_types/{id}/models", operation_id = "list_instance_type_models", tag = "catalogue",
    params(("id" = Uuid, Path), ListQuery), extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Models whose GPU memory it has", body = Page<Model>),
        (status = 422, description = "A parameter breaks a rule", body = Problem), RowRefusals))]
async fn list_instance_type_models(
    State(models): State<Models>,
    allowed: Allowed<grant::SettingsRead>,
    Id(id): Id,
    query: Result<Query<ListQuery>>,
) -> Result<Json<Page<Model>>> {
    let parse = || query?.0.check();
    let page = usecases::list_fitting(&models, allowed.authorized(), id, parse).await?;
    Ok(show(page))
}

/// One model
#[utoipa::path(get, path = "/models/{id}", operation_id = "get_model", tag = "models", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("model.read"))),
    responses((status = 200, description = "The model; ETag for updates", body = Model), RowRefusals))]
async fn get_model(State(models): State<Models>, allowed: Allowed<grant::ModelRead>, Id(id): Id) -> Result<Response> {
    Ok(tagged(usecases::get(&models, allowed.authorized(), id).await?))
}

/// Everything of a model that its owner decides.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ModelBody {
    name: String,
    model_id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    licence: String,
    /// Absent: chat.
    #[serde(default = "chat")]
    #[schema(default = "chat")]
    kind: ModelKind,
    engine: Engine,
    #[serde(default)]
    engine_arguments: Vec<String>,
    required_vram_gb: i32,
    context_length: i32,
    #[serde(default)]
    data_volume_gb: i32,
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
}

fn active() -> bool {
    true
}

fn chat() -> ModelKind {
    ModelKind::Chat
}

impl From<ModelBody> for ModelRequest {
    fn from(body: ModelBody) -> Self {
        Self {
            name: body.name,
            model_id: body.model_id,
            description: body.description,
            licence: body.licence,
            kind: body.kind,
            engine: body.engine,
            engine_arguments: body.engine_arguments,
            required_vram_gb: body.required_vram_gb,
            context_length: body.context_length,
            data_volume_gb: body.data_volume_gb,
            is_active: body.is_active,
        }
    }
}

/// Add a model
///
/// To the organization; to the public catalogue for a platform admin in Personal. It serves once it was activated both ways.
#[utoipa::path(post, path = "/models", operation_id = "create_model", tag = "models", request_body = ModelBody,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("model.create"))),
    responses((status = 201, description = "Added", body = Model), CreateRefusals))]
async fn create_model(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelCreate>,
    key: IdempotencyKey,
    body: JsonBody<ModelBody>,
) -> Result<Response> {
    let request = body.parse()?.into();
    let attempt = Attempt::new("create_model", &key, body.bytes());
    let show = |seen| serde_json::to_value(Model::from(seen)).map_err(Error::internal);
    let answer = usecases::create(&models, allowed.authorized(), request, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Change a model
///
/// A change of what runs (model id, engine, arguments, memory, context, volume) clears the technical activation. A public model is
/// changed by platform admins only: 403 `read_only_model`.
#[utoipa::path(put, path = "/models/{id}", operation_id = "update_model", tag = "models", request_body = ModelBody,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("model.update"))),
    responses((status = 200, description = "As it is now", body = Model), ChangeRefusals))]
async fn update_model(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelUpdate>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<ModelBody>,
) -> Result<Response> {
    let parse = || body.parse().map(ModelRequest::from);
    let seen = usecases::update(&models, allowed.authorized(), id, &if_match, parse).await?;
    Ok(tagged(seen))
}

/// Delete a model
///
/// Refused while an instance runs it. Past usage keeps its name.
#[utoipa::path(delete, path = "/models/{id}", operation_id = "delete_model", tag = "models", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("model.delete"))),
    responses((status = 204, description = "Deleted"), RowRefusals))]
async fn delete_model(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelDelete>,
    Id(id): Id,
) -> Result<StatusCode> {
    usecases::delete(&models, allowed.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// EUR per million tokens, with at most six decimal places.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriceBody {
    input_eur_per_1m: Eur,
    /// Absent: as other input.
    cached_input_eur_per_1m: Option<Eur>,
    output_eur_per_1m: Eur,
}

/// Set a model's price
///
/// For requests that start from now on. A new price clears the economic activation.
#[utoipa::path(put, path = "/models/{id}/price", operation_id = "set_model_price", tag = "models", request_body = PriceBody,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("model.price"))),
    responses((status = 200, description = "As it is now", body = Model), ChangeRefusals))]
async fn set_model_price(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelPrice>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<PriceBody>,
) -> Result<Response> {
    let parse = || {
        body.parse().map(|price| PriceRequest {
            input: price.input_eur_per_1m,
            cached_input: price.cached_input_eur_per_1m.unwrap_or(price.input_eur_per_1m),
            output: price.output_eur_per_1m,
        })
    };
    let seen = usecases::set_price(&models, allowed.authorized(), id, &if_match, parse).await?;
    Ok(tagged(seen))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActivationBody {
    active: bool,
}

/// Activate a model technically
#[utoipa::path(put, path = "/models/{id}/activation/tech", operation_id = "activate_model_tech", tag = "models",
    request_body = ActivationBody, params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    extensions(("x-permission" = json!("model.activate_tech"))),
    responses((status = 200, description = "As it is now", body = Model), ChangeRefusals))]
async fn activate_model_tech(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelActivateTech>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<ActivationBody>,
) -> Result<Response> {
    let parse = || body.parse().map(|body| body.active);
    let seen = usecases::activate(&models, allowed.authorized(), id, Activation::Tech, &if_match, parse).await?;
    Ok(tagged(seen))
}

/// Activate a model economically
#[utoipa::path(put, path = "/models/{id}/activation/eco", operation_id = "activate_model_eco", tag = "models",
    request_body = ActivationBody, params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    extensions(("x-permission" = json!("model.activate_eco"))),
    responses((status = 200, description = "As it is now", body = Model), ChangeRefusals))]
async fn activate_model_eco(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelActivateEco>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<ActivationBody>,
) -> Result<Response> {
    let parse = || body.parse().map(|body| body.active);
    let seen = usecases::activate(&models, allowed.authorized(), id, Activation::Eco, &if_match, parse).await?;
    Ok(tagged(seen))
}

#[derive(Debug, Serialize, ToSchema)]
struct RecommendedDataVolume {
    recommended_gb: i32,
}

/// Disk for a server that runs the model
#[utoipa::path(get, path = "/models/{id}/recommended-data-volume", operation_id = "get_recommended_data_volume", tag = "models",
    params(("id" = Uuid, Path)), extensions(("x-permission" = json!("model.read"))),
    responses((status = 200, description = "In GB", body = RecommendedDataVolume), RowRefusals))]
async fn get_recommended_data_volume(
    State(models): State<Models>,
    allowed: Allowed<grant::ModelRead>,
    Id(id): Id,
) -> Result<Json<RecommendedDataVolume>> {
    let recommended_gb = usecases::recommended_data_volume(&models, allowed.authorized(), id).await?;
    Ok(Json(RecommendedDataVolume { recommended_gb }))
}
