//! `/api_keys*`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::ApiKeys;
use super::rules::{KeyState, KeyStatus, expires_soon, may_change, overlap};
use super::store::KeyRow;
use super::usecases::{self, KeyChange, KeyRequest};
use crate::codes::FieldCode;
use crate::error::{Error, Problem, Result};
use crate::operation::{Allowed, Operation, Recent};
use crate::permissions::{Permission, grant};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{BodyRefusals, CreateRefusals, ReadRefusals};
use crate::plumbing::edge::versions::IfMatch;

pub fn routes() -> OpenApiRouter<ApiKeys> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(search_api_keys))
        .routes(routes!(update_api_key, revoke_api_key))
        .routes(routes!(rotate_api_key))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKey {
    id: Uuid,
    /// `personal` or `organization`.
    #[schema(example = "organization")]
    scope: String,
    organization_id: Option<Uuid>,
    /// The user who made it.
    created_by: Uuid,
    /// Ends with its maker's membership.
    member_bound: bool,
    name: String,
    /// Enough to recognise the key, nothing to use it.
    #[schema(example = "inv_4fTq0ZkX9aLw2BnM")]
    prefix: String,
    state: KeyState,
    /// Active, and expires within a week.
    expires_soon: bool,
    /// Null: every model of the workspace.
    allowed_models: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// Up to a few seconds old.
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// The key whose place this one takes.
    rotated_from: Option<LinkedKey>,
    /// The key that takes the place of this one, which works until it expires.
    rotated_to: Option<LinkedKey>,
    /// Whether whoever reads this may change, replace and revoke it: under `members_can_create_keys` keys of their own making only.
    can_change: bool,
}

/// Another key of the workspace.
#[derive(Debug, Serialize, ToSchema)]
struct LinkedKey {
    id: Uuid,
    #[schema(example = "inv_4fTq0ZkX9aLw2BnM")]
    prefix: String,
}

impl LinkedKey {
    fn new(id: Option<Uuid>, prefix: Option<String>) -> Option<Self> {
        id.zip(prefix).map(|(id, prefix)| Self { id, prefix })
    }
}

impl ApiKey {
    fn new(row: KeyRow, seen_by: &Operation) -> Self {
        let now = seen_by.request.now;
        Self {
            can_change: may_change(seen_by, Permission::ApiKeyUpdate, row.created_by_user_id),
            id: row.id,
            scope: row.scope,
            organization_id: row.organization_id,
            created_by: row.created_by_user_id,
            member_bound: row.member_bound,
            name: row.name,
            prefix: row.prefix,
            expires_soon: expires_soon(row.state, row.expires_at, now),
            state: row.state,
            allowed_models: row.allowed_models,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            rotated_from: LinkedKey::new(row.rotated_from, row.rotated_from_prefix),
            rotated_to: LinkedKey::new(row.rotated_to, row.rotated_to_prefix),
        }
    }
}

/// A key that has just been made.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    /// The key itself, shown this once. A repeated request with the same `Idempotency-Key` gets `secret_already_shown` instead.
    #[schema(required = false)]
    key: String,
}

/// The workspace's keys
#[utoipa::path(get, path = "/api_keys", operation_id = "list_api_keys", tag = "api_keys", params(ListQuery),
    extensions(("x-permission" = json!("api_key.read"))), responses(
    (status = 200, description = "Keys, revoked ones included", body = Page<ApiKey>),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed", body = Problem),
    (status = 422, description = "A parameter breaks a rule", body = Problem)))]
async fn list_api_keys(
    State(keys): State<ApiKeys>,
    allowed: Allowed<grant::ApiKeyRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ApiKey>>> {
    let authorized = allowed.authorized();
    let seen_by = authorized.operation();
    let page = usecases::list(&keys, authorized, &query.check()?).await?;
    Ok(Json(Page {
        items: page.items.into_iter().map(|row| ApiKey::new(row, seen_by)).collect(),
        next_cursor: page.next_cursor,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct KeyQuery {
    /// Rows, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Order: `-created_at` (newest first, the default) or `created_at`.
    sort: Option<String>,
    /// Only keys whose name or prefix contains this text.
    q: Option<String>,
    /// Only keys in this state: active, expiring (active, for a week at most), rotating, expired or revoked.
    status: Option<String>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    workspace: Option<String>,
}

/// Keys that were looked for.
#[derive(Debug, Serialize, ToSchema)]
struct FoundKeys {
    items: Vec<ApiKey>,
    /// How many there are, shown or not.
    total: i64,
    stats: KeyStats,
}

/// How many keys with these words there are in each state.
#[derive(Debug, Serialize, ToSchema)]
struct KeyStats {
    /// Those that expire soon included.
    active: i64,
    expiring: i64,
    rotating: i64,
    expired: i64,
    revoked: i64,
}

/// Find keys
#[utoipa::path(get, path = "/api_keys/search", operation_id = "search_api_keys", tag = "api_keys", params(KeyQuery),
    extensions(("x-permission" = json!("api_key.read"))), responses(
    (status = 200, description = "Keys with these words in this state, and how many there are", body = FoundKeys),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed", body = Problem),
    (status = 422, description = "A parameter breaks a rule", body = Problem)))]
async fn search_api_keys(
    State(keys): State<ApiKeys>,
    allowed: Allowed<grant::ApiKeyRead>,
    Query(query): Query<KeyQuery>,
) -> Result<Json<FoundKeys>> {
    let authorized = allowed.authorized();
    let unknown = || {
        Error::invalid(
            "status",
            FieldCode::UnknownStatus {
                allowed: KeyStatus::ALL.map(KeyStatus::as_str).to_vec(),
            },
            "must be active, expiring, rotating, expired or revoked",
        )
    };
    let status = match query.status.as_deref() {
        None => None,
        Some(text) => Some(KeyStatus::parse(text).ok_or_else(unknown)?),
    };
    let paging = ListQuery {
        limit: query.limit,
        sort: query.sort,
        q: query.q,
        workspace: query.workspace,
        ..ListQuery::default()
    }
    .check()?;
    let seen_by = authorized.operation();
    let (rows, counts) = usecases::search(&keys, authorized, status, &paging).await?;
    Ok(Json(FoundKeys {
        items: rows.into_iter().map(|row| ApiKey::new(row, seen_by)).collect(),
        total: counts.of(status),
        stats: KeyStats {
            active: counts.active,
            expiring: counts.expiring,
            rotating: counts.rotating,
            expired: counts.expired,
            revoked: counts.revoked,
        },
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateApiKeyRequest {
    name: String,
    /// Null or absent: never.
    expires_at: Option<DateTime<Utc>>,
    /// `model_id`s this key may call; null or absent: every model of the workspace.
    allowed_models: Option<Vec<String>>,
}

/// Make a key
///
/// It belongs to the workspace: to the organization, or to me in Personal. The answer holds the key itself; it can't be shown again.
#[utoipa::path(post, path = "/api_keys", operation_id = "create_api_key", tag = "api_keys", request_body = CreateApiKeyRequest,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("api_key.create")), ("x-reauthentication" = json!(true))), responses(
    (status = 201, description = "Made", body = CreatedApiKey),
    CreateRefusals))]
async fn create_api_key(
    State(keys): State<ApiKeys>,
    allowed: Recent<grant::ApiKeyCreate>,
    key: IdempotencyKey,
    body: JsonBody<CreateApiKeyRequest>,
) -> Result<Response> {
    let authorized = allowed.authorized();
    let request = body.parse()?;
    let request = KeyRequest {
        name: request.name,
        expires_at: request.expires_at,
        allowed_models: request.allowed_models,
    };
    let attempt = Attempt::new("create_api_key", &key, body.bytes());
    let answer = usecases::create(&keys, authorized, request, &attempt, shown_once(authorized.operation())).await?;
    Ok(never_stored(answer))
}

/// Writes the answer that holds the key's text.
fn shown_once(seen_by: &Operation) -> impl FnOnce(KeyRow, String) -> Result<Value> {
    move |row, key| {
        let created = CreatedApiKey {
            api_key: ApiKey::new(row, seen_by),
            key,
        };
        serde_json::to_value(created).map_err(Error::internal)
    }
}

fn never_stored(answer: FirstAnswer) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (answer.status, no_store, Json(answer.body)).into_response()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateApiKeyRequest {
    /// How long both keys work, 0 to 2592000 (30 days); a day unless told.
    #[schema(example = 86400, minimum = 0, maximum = 2592000)]
    overlap_seconds: Option<i64>,
}

/// Replace a key
///
/// Makes a key with the same name, models, expiry and owner. The one before works until the overlap ends, or until it would have
/// expired anyway. The answer holds the new key itself; it can't be shown again.
#[utoipa::path(post, path = "/api_keys/{id}/rotate", operation_id = "rotate_api_key", tag = "api_keys", request_body = RotateApiKeyRequest,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("api_key.create")), ("x-reauthentication" = json!(true))),
    responses(
    (status = 201, description = "Made", body = CreatedApiKey),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or somebody else's key", body = Problem),
    (status = 404, description = "No such key in this workspace", body = Problem),
    (status = 409, description = "The workspace changed, the key was revoked (key_revoked), has expired (key_expired) or was replaced before \
        (key_already_rotated), or the idempotency key was used for something else", body = Problem)))]
async fn rotate_api_key(
    State(keys): State<ApiKeys>,
    allowed: Recent<grant::ApiKeyCreate>,
    Id(id): Id,
    key: IdempotencyKey,
    body: JsonBody<RotateApiKeyRequest>,
) -> Result<Response> {
    let authorized = allowed.authorized();
    // The key in the path is part of what was asked for.
    let asked = [id.as_bytes().as_slice(), body.bytes()].concat();
    let attempt = Attempt::new("rotate_api_key", &key, &asked);
    let overlap = || overlap(body.parse()?.overlap_seconds);
    let answer = usecases::rotate(
        &keys,
        authorized,
        id,
        overlap,
        &attempt,
        shown_once(authorized.operation()),
    )
    .await?;
    Ok(never_stored(answer))
}

/// Fields that are absent stay as they are; null takes a limit away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateApiKeyRequest {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>)]
    allowed_models: Option<Option<Vec<String>>>,
}

/// Tells a null from an absent field.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Rename or restrict a key
#[utoipa::path(put, path = "/api_keys/{id}", operation_id = "update_api_key", tag = "api_keys",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    request_body = UpdateApiKeyRequest, extensions(("x-permission" = json!("api_key.update")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "As it is now", body = ApiKey),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or somebody else's key", body = Problem),
    (status = 404, description = "No such key in this workspace", body = Problem),
    (status = 409, description = "The workspace changed, or the key was revoked", body = Problem),
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn update_api_key(
    State(keys): State<ApiKeys>,
    allowed: Recent<grant::ApiKeyUpdate>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<UpdateApiKeyRequest>,
) -> Result<Response> {
    let authorized = allowed.authorized();
    let change = || {
        let request = body.parse()?;
        Ok(KeyChange {
            name: request.name,
            expires_at: request.expires_at,
            allowed_models: request.allowed_models,
        })
    };
    let row = usecases::update(&keys, authorized, id, &if_match, change).await?;
    Ok(usecases::tag(&row).on(ApiKey::new(row, authorized.operation())))
}

/// Revoke a key
///
/// For good, and within a second everywhere. The key stays in the list.
#[utoipa::path(delete, path = "/api_keys/{id}", operation_id = "revoke_api_key", tag = "api_keys", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("api_key.revoke")), ("x-reauthentication" = json!(true))), responses(
    (status = 204, description = "Revoked"),
    ReadRefusals,
    (status = 403, description = "Permission missing, or somebody else's key", body = Problem),
    (status = 404, description = "No such key in this workspace", body = Problem)))]
async fn revoke_api_key(
    State(keys): State<ApiKeys>,
    allowed: Recent<grant::ApiKeyRevoke>,
    Id(id): Id,
) -> Result<StatusCode> {
    usecases::revoke(&keys, allowed.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
