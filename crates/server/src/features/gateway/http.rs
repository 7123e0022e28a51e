//! `/v1/*`.

use std::time::Duration;

use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use openai_api::models::{Model, ModelList, ModelPricing};
use openai_api::{ErrorEnvelope, RequestBody};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Gateway;
use super::admission::admit;
use super::caller::Caller;
use super::dispatch::dispatch;
use super::refusal::Refusal;
use super::{resolution, table};
use crate::features::usage::Tariff;
use crate::plumbing::edge::body;

/// Bytes of a request: pictures travel in it.
const BODY_LIMIT: usize = 32 * 1024 * 1024;
/// A body that takes longer to arrive is given up.
const BODY_TIME: Duration = Duration::from_secs(120);

pub fn routes() -> OpenApiRouter<Gateway> {
    let (router, document) = OpenApiRouter::new()
        .routes(routes!(create_chat_completion))
        .routes(routes!(list_v1_models))
        .routes(routes!(get_v1_model))
        .split_for_parts();
    let router = router
        .route("/v1/models/{owner}/{code}", get(get_v1_model))
        .route("/v1", any(unknown_url))
        .route("/v1/", any(unknown_url))
        .route("/v1/{*rest}", any(unknown_url))
        .method_not_allowed_fallback(method_not_allowed)
        // Bodies are read, and bounded, here.
        .layer(DefaultBodyLimit::disable());
    let mut routes = OpenApiRouter::from(router);
    *routes.get_openapi_mut() = document;
    routes
}

/// OpenAI's error.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what ErrorEnvelope writes")]
struct OpenAiError {
    error: OpenAiErrorDetail,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what ErrorEnvelope writes")]
struct OpenAiErrorDetail {
    message: String,
    r#type: String,
    param: Option<String>,
    #[schema(example = "model_not_found")]
    code: Option<String>,
}

/// A model as OpenAI's clients list it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what openai_api::models::Model writes")]
struct OpenAiModel {
    /// What a request puts into `model`.
    id: String,
    #[schema(example = "model")]
    object: String,
    created: i64,
    owned_by: String,
    /// Longest prompt and answer together, in tokens.
    context_length: Option<u64>,
    max_model_len: Option<u64>,
    /// Per million tokens, when it costs the caller something.
    pricing: Option<OpenAiModelPricing>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what openai_api::models::ModelPricing writes")]
struct OpenAiModelPricing {
    #[schema(example = "EUR")]
    currency: String,
    input: String,
    cached_input: String,
    output: String,
    reasoning: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what openai_api::models::ModelList writes")]
struct OpenAiModelList {
    #[schema(example = "list")]
    object: String,
    data: Vec<OpenAiModel>,
}

/// Complete a chat
///
/// OpenAI's operation, with an API key or a session. Everything but the model's name, `cache_salt` and `priority` reaches the
/// engine as it was sent.
#[utoipa::path(post, path = "/v1/chat/completions", operation_id = "create_chat_completion", tag = "gateway",
    request_body(content = serde_json::Value, content_type = "application/json"),
    extensions(("x-permission" = json!("gateway.use"))), responses(
    (status = 200, description = "The answer; events when `stream` is true", content(
        (serde_json::Value = "application/json"), (String = "text/event-stream"))),
    (status = 400, description = "The request is at fault; `param` names the member", body = OpenAiError),
    (status = 401, description = "No valid key or session", body = OpenAiError),
    (status = 403, description = "The model is switched off (`model_not_operational`), or sent by a page of another site", body = OpenAiError),
    (status = 404, description = "No such model for this caller (`model_not_found`)", body = OpenAiError),
    (status = 408, description = "The body took too long to arrive", body = OpenAiError),
    (status = 409, description = "The session is in another workspace now", body = OpenAiError),
    (status = 413, description = "Larger than 32 MiB", body = OpenAiError),
    (status = 415, description = "Compressed: bodies are read as they are", body = OpenAiError),
    (status = 429, description = "Too many requests at the model's server", body = OpenAiError),
    (status = 500, description = "Our fault, or the model's server's", body = OpenAiError),
    (status = 502, description = "The model's server failed", body = OpenAiError),
    (status = 503, description = "Nobody is ready; see Retry-After", body = OpenAiError)))]
async fn create_chat_completion(
    State(gateway): State<Gateway>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    let body = RequestBody::read(read_body(request).await?).map_err(ErrorEnvelope::from)?;
    let admitted = admit(&gateway, caller, &body).await?;
    Ok(dispatch(&gateway, admitted, body, "/v1/chat/completions").await)
}

/// Models I may call
///
/// Operational ones, whether a worker is ready or not.
#[utoipa::path(get, path = "/v1/models", operation_id = "list_v1_models", tag = "gateway",
    extensions(("x-permission" = json!("gateway.use"))), responses(
    (status = 200, description = "OpenAI's list", body = OpenAiModelList),
    (status = 401, description = "No valid key or session", body = OpenAiError),
    (status = 409, description = "The session is in another workspace now", body = OpenAiError),
    (status = 503, description = "The database can't be reached", body = OpenAiError)))]
async fn list_v1_models(State(gateway): State<Gateway>, caller: Caller) -> Result<Json<ModelList>, Refusal> {
    let table = gateway.table().await?;
    let shown: Vec<Model> = callable(&table, &caller)
        .map(|model| show(&table, &caller, model))
        .collect();
    Ok(Json(shown.into()))
}

/// A model I may call
///
/// A slash in the name may be written as it is or as `%2F`.
#[utoipa::path(get, path = "/v1/models/{model}", operation_id = "get_v1_model", tag = "gateway",
    params(("model" = String, Path, description = "What a request puts into `model`")),
    extensions(("x-permission" = json!("gateway.use"))), responses(
    (status = 200, description = "OpenAI's model", body = OpenAiModel),
    (status = 401, description = "No valid key or session", body = OpenAiError),
    (status = 404, description = "No such model for this caller", body = OpenAiError),
    (status = 409, description = "The session is in another workspace now", body = OpenAiError),
    (status = 503, description = "The database can't be reached", body = OpenAiError)))]
async fn get_v1_model(
    State(gateway): State<Gateway>,
    caller: Caller,
    ModelName(name): ModelName,
) -> Result<Json<Model>, Refusal> {
    let table = gateway.table().await?;
    let meant = resolution::find(&table, caller.tenant, &name).map(|model| model.id);
    let found = callable(&table, &caller)
        .find(|model| Some(model.id) == meant)
        .map(|model| Json(show(&table, &caller, model)));
    found.ok_or_else(|| ErrorEnvelope::model_not_found(&name).into())
}

/// The model in the path, in one part or in two.
struct ModelName(String);

impl FromRequestParts<Gateway> for ModelName {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        match Path::<Vec<(String, String)>>::from_request_parts(parts, gateway).await {
            Ok(Path(named)) => Ok(Self(
                named.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join("/"),
            )),
            // No model's name is anything but UTF-8.
            Err(_) => {
                let path = parts.uri.path();
                Err(ErrorEnvelope::model_not_found(path.strip_prefix("/v1/models/").unwrap_or(path)).into())
            }
        }
    }
}

fn callable<'a>(table: &'a table::Table, caller: &'a Caller) -> impl Iterator<Item = &'a table::Model> {
    resolution::visible(table, caller.tenant)
        .into_iter()
        .map(AsRef::as_ref)
        .filter(|model: &&table::Model| model.activations.are_complete() && caller.may_call(&model.model_id, model.id))
}

fn show(table: &table::Table, caller: &Caller, model: &table::Model) -> Model {
    let mut shown = Model::new(&*model.model_id, model.created_at.timestamp(), &*model.owner)
        .with_context_length(model.context_length);
    let tariff = resolution::tariff(table, caller.tenant, model).ok();
    shown.pricing = tariff.as_ref().and_then(Tariff::price).map(|price| {
        let text = |amount: rust_decimal::Decimal| amount.normalize().to_string();
        ModelPricing {
            currency: "EUR".to_owned(),
            input: text(price.input_eur_per_1m),
            cached_input: text(price.cached_input_eur_per_1m),
            output: text(price.output_eur_per_1m),
            reasoning: text(price.output_eur_per_1m),
        }
    });
    shown
}

/// The whole body, in time and within the limit.
async fn read_body(request: Request) -> Result<Bytes, Refusal> {
    if body::is_encoded(request.headers()) {
        return Err(ErrorEnvelope::new(
            415,
            "invalid_request_error",
            Some("unsupported_content_encoding"),
            body::SEND_IT_PLAIN,
        )
        .into());
    }
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(ErrorEnvelope::request_too_large(BODY_LIMIT).into());
    }
    let limited = Limited::new(request.into_body(), BODY_LIMIT);
    match tokio::time::timeout(BODY_TIME, limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ErrorEnvelope::request_too_large(BODY_LIMIT).into()),
        Ok(Err(_)) => {
            Err(ErrorEnvelope::invalid_request("The request body could not be read to its end.", None).into())
        }
        Err(_) => Err(ErrorEnvelope::new(
            408,
            "invalid_request_error",
            Some("request_timeout"),
            "The request body took too long to arrive.",
        )
        .into()),
    }
}

async fn unknown_url(request: Request) -> Response {
    let message = format!("There is no operation {} {}.", request.method(), request.uri().path());
    let envelope = ErrorEnvelope::new(404, "invalid_request_error", Some("unknown_url"), message);
    Refusal::from(envelope).into_response()
}

async fn method_not_allowed(request: Request) -> Response {
    let message = format!("{} does not answer to {}.", request.uri().path(), request.method());
    let envelope = ErrorEnvelope::new(405, "invalid_request_error", Some("method_not_allowed"), message);
    Refusal::from(envelope).into_response()
}
