//! Providers, their regions and zones.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::rules::{Level, NamedChange, NewPlace, active};
use super::super::store::PlaceRow;
use super::super::usecases;
use super::page;
use crate::error::{Error, Result};
use crate::features::catalog::Catalog;
use crate::operation::{Allowed, Authorized};
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page, SearchResult};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{ChangeRefusals, CreateRefusals, ListRefusals};
use crate::plumbing::edge::versions::{IfMatch, Tag};

pub fn routes() -> OpenApiRouter<Catalog> {
    OpenApiRouter::new()
        .routes(routes!(list_providers, create_provider))
        .routes(routes!(search_providers))
        .routes(routes!(update_provider))
        .routes(routes!(list_regions, create_region))
        .routes(routes!(search_regions))
        .routes(routes!(update_region))
        .routes(routes!(list_zones, create_zone))
        .routes(routes!(search_zones))
        .routes(routes!(update_zone))
}

/// A place as the contract shows it: what follows does for all three what their operations are about.
trait Place: Serialize {
    const LEVEL: Level;

    fn of(row: PlaceRow) -> Self;
}

async fn list<P: Place>(catalog: &Catalog, authorized: Authorized<'_>, query: ListQuery) -> Result<Json<Page<P>>> {
    let paging = query.check()?;
    let (rows, _) = usecases::places(catalog, authorized, P::LEVEL, &paging).await?;
    Ok(Json(page(&paging, rows, |row| row.id, P::of)))
}

async fn search<P: Place>(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    query: ListQuery,
) -> Result<Json<SearchResult<P>>> {
    let paging = query.check()?;
    let (rows, total) = usecases::places(catalog, authorized, P::LEVEL, &paging).await?;
    let items = page(&paging, rows, |row| row.id, P::of).items;
    Ok(Json(SearchResult { items, total }))
}

async fn create<P: Place>(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    new: NewPlace,
    attempt: &Attempt<'_>,
) -> Result<Response> {
    let show = |row| serde_json::to_value(P::of(row)).map_err(Error::internal);
    let answer = usecases::create_place(catalog, authorized, P::LEVEL, new, attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

async fn update<P: Place>(
    catalog: &Catalog,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    body: JsonBody<NamedChange>,
) -> Result<Response> {
    let row = usecases::update_place(catalog, authorized, P::LEVEL, id, if_match, || body.parse()).await?;
    Ok(Tag::of(&row).on(P::of(row)))
}

// ---------------------------------------------------------------- providers

#[derive(Debug, Serialize, ToSchema)]
struct Provider {
    id: Uuid,
    #[schema(example = "mock")]
    code: String,
    name: String,
    is_active: bool,
}

impl Place for Provider {
    const LEVEL: Level = Level::Provider;

    fn of(row: PlaceRow) -> Self {
        Self {
            id: row.id,
            code: row.code,
            name: row.name,
            is_active: row.is_active,
        }
    }
}

/// Where servers can come from
#[utoipa::path(get, path = "/providers", operation_id = "list_providers", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Providers", body = Page<Provider>), ListRefusals))]
async fn list_providers(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Provider>>> {
    list(&catalog, allowed.authorized(), query).await
}

/// Search providers
#[utoipa::path(get, path = "/providers/search", operation_id = "search_providers", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "What matches, and how much there is", body = SearchResult<Provider>), ListRefusals))]
async fn search_providers(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<SearchResult<Provider>>> {
    search(&catalog, allowed.authorized(), query).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateProviderRequest {
    code: String,
    name: String,
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
}

/// Add a provider
#[utoipa::path(post, path = "/providers", operation_id = "create_provider", tag = "catalogue", request_body = CreateProviderRequest,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 201, description = "Added", body = Provider), CreateRefusals))]
async fn create_provider(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    key: IdempotencyKey,
    body: JsonBody<CreateProviderRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let new = NewPlace::new(None, request.code, request.name, request.is_active);
    let attempt = Attempt::new("create_provider", &key, body.bytes());
    create::<Provider>(&catalog, allowed.authorized(), new, &attempt).await
}

/// Change a provider
#[utoipa::path(put, path = "/providers/{id}", operation_id = "update_provider", tag = "catalogue", request_body = NamedChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Provider), ChangeRefusals))]
async fn update_provider(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<NamedChange>,
) -> Result<Response> {
    update::<Provider>(&catalog, allowed.authorized(), id, &if_match, body).await
}

// ---------------------------------------------------------------- regions

#[derive(Debug, Serialize, ToSchema)]
struct Region {
    id: Uuid,
    provider_id: Uuid,
    #[schema(example = "mock-paris")]
    code: String,
    name: String,
    is_active: bool,
}

impl Place for Region {
    const LEVEL: Level = Level::Region;

    fn of(row: PlaceRow) -> Self {
        Self {
            id: row.id,
            provider_id: row.provider_id,
            code: row.code,
            name: row.name,
            is_active: row.is_active,
        }
    }
}

/// Regions of all providers
#[utoipa::path(get, path = "/regions", operation_id = "list_regions", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Regions", body = Page<Region>), ListRefusals))]
async fn list_regions(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Region>>> {
    list(&catalog, allowed.authorized(), query).await
}

/// Search regions
#[utoipa::path(get, path = "/regions/search", operation_id = "search_regions", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "What matches, and how much there is", body = SearchResult<Region>), ListRefusals))]
async fn search_regions(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<SearchResult<Region>>> {
    search(&catalog, allowed.authorized(), query).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateRegionRequest {
    provider_id: Uuid,
    code: String,
    name: String,
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
}

/// Add a region
#[utoipa::path(post, path = "/regions", operation_id = "create_region", tag = "catalogue", request_body = CreateRegionRequest,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 201, description = "Added", body = Region), CreateRefusals))]
async fn create_region(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    key: IdempotencyKey,
    body: JsonBody<CreateRegionRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let new = NewPlace::new(Some(request.provider_id), request.code, request.name, request.is_active);
    let attempt = Attempt::new("create_region", &key, body.bytes());
    create::<Region>(&catalog, allowed.authorized(), new, &attempt).await
}

/// Change a region
#[utoipa::path(put, path = "/regions/{id}", operation_id = "update_region", tag = "catalogue", request_body = NamedChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Region), ChangeRefusals))]
async fn update_region(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<NamedChange>,
) -> Result<Response> {
    update::<Region>(&catalog, allowed.authorized(), id, &if_match, body).await
}

// ---------------------------------------------------------------- zones

#[derive(Debug, Serialize, ToSchema)]
struct Zone {
    id: Uuid,
    region_id: Uuid,
    provider_id: Uuid,
    provider_code: String,
    #[schema(example = "mock-paris-1")]
    code: String,
    name: String,
    is_active: bool,
}

impl Place for Zone {
    const LEVEL: Level = Level::Zone;

    fn of(row: PlaceRow) -> Self {
        Self {
            id: row.id,
            region_id: row.within,
            provider_id: row.provider_id,
            provider_code: row.provider_code,
            code: row.code,
            name: row.name,
            is_active: row.is_active,
        }
    }
}

/// Zones of all regions
#[utoipa::path(get, path = "/zones", operation_id = "list_zones", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Zones", body = Page<Zone>), ListRefusals))]
async fn list_zones(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Zone>>> {
    list(&catalog, allowed.authorized(), query).await
}

/// Search zones
#[utoipa::path(get, path = "/zones/search", operation_id = "search_zones", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "What matches, and how much there is", body = SearchResult<Zone>), ListRefusals))]
async fn search_zones(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<SearchResult<Zone>>> {
    search(&catalog, allowed.authorized(), query).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateZoneRequest {
    region_id: Uuid,
    code: String,
    name: String,
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
}

/// Add a zone
#[utoipa::path(post, path = "/zones", operation_id = "create_zone", tag = "catalogue", request_body = CreateZoneRequest,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 201, description = "Added", body = Zone), CreateRefusals))]
async fn create_zone(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    key: IdempotencyKey,
    body: JsonBody<CreateZoneRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let new = NewPlace::new(Some(request.region_id), request.code, request.name, request.is_active);
    let attempt = Attempt::new("create_zone", &key, body.bytes());
    create::<Zone>(&catalog, allowed.authorized(), new, &attempt).await
}

/// Change a zone
#[utoipa::path(put, path = "/zones/{id}", operation_id = "update_zone", tag = "catalogue", request_body = NamedChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Zone), ChangeRefusals))]
async fn update_zone(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<NamedChange>,
) -> Result<Response> {
    update::<Zone>(&catalog, allowed.authorized(), id, &if_match, body).await
}
