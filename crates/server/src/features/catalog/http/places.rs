//! Providers, their regions and zones.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::rules::NamedChange;
use super::super::store::{ProviderRow, RegionRow, ZoneRow};
use super::super::usecases;
use super::{NamedRequest, active, page};
use crate::error::{Error, Result};
use crate::features::catalog::Catalog;
use crate::operation::Allowed;
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

// ---------------------------------------------------------------- providers

#[derive(Debug, Serialize, ToSchema)]
struct Provider {
    id: Uuid,
    #[schema(example = "mock")]
    code: String,
    name: String,
    is_active: bool,
}

impl From<ProviderRow> for Provider {
    fn from(row: ProviderRow) -> Self {
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
    let paging = query.check()?;
    let (rows, _) = usecases::providers(&catalog, allowed.authorized(), &paging).await?;
    Ok(Json(page(&paging, rows, |row| row.id, Provider::from)))
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
    let paging = query.check()?;
    let (rows, total) = usecases::providers(&catalog, allowed.authorized(), &paging).await?;
    let items = page(&paging, rows, |row| row.id, Provider::from).items;
    Ok(Json(SearchResult { items, total }))
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
    let named = NamedChange {
        name: request.name,
        is_active: request.is_active,
    };
    let attempt = Attempt::new("create_provider", &key, body.bytes());
    let show = |row| serde_json::to_value(Provider::from(row)).map_err(Error::internal);
    let answer =
        usecases::create_provider(&catalog, allowed.authorized(), &request.code, named, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Change a provider
#[utoipa::path(put, path = "/providers/{id}", operation_id = "update_provider", tag = "catalogue", request_body = NamedRequest,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Provider), ChangeRefusals))]
async fn update_provider(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<NamedRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(NamedChange::from);
    let row = usecases::update_provider(&catalog, allowed.authorized(), id, &if_match, parse).await?;
    Ok(Tag::of(&row).on(Provider::from(row)))
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

impl From<RegionRow> for Region {
    fn from(row: RegionRow) -> Self {
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
    let paging = query.check()?;
    let (rows, _) = usecases::regions(&catalog, allowed.authorized(), &paging).await?;
    Ok(Json(page(&paging, rows, |row| row.id, Region::from)))
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
    let paging = query.check()?;
    let (rows, total) = usecases::regions(&catalog, allowed.authorized(), &paging).await?;
    let items = page(&paging, rows, |row| row.id, Region::from).items;
    Ok(Json(SearchResult { items, total }))
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
    let named = NamedChange {
        name: request.name,
        is_active: request.is_active,
    };
    let attempt = Attempt::new("create_region", &key, body.bytes());
    let show = |row| serde_json::to_value(Region::from(row)).map_err(Error::internal);
    let (authorized, code) = (allowed.authorized(), &request.code);
    let answer =
        usecases::create_region(&catalog, authorized, request.provider_id, code, named, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Change a region
#[utoipa::path(put, path = "/regions/{id}", operation_id = "update_region", tag = "catalogue", request_body = NamedRequest,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Region), ChangeRefusals))]
async fn update_region(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<NamedRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(NamedChange::from);
    let row = usecases::update_region(&catalog, allowed.authorized(), id, &if_match, parse).await?;
    Ok(Tag::of(&row).on(Region::from(row)))
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

impl From<ZoneRow> for Zone {
    fn from(row: ZoneRow) -> Self {
        Self {
            id: row.id,
            region_id: row.region_id,
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
    let paging = query.check()?;
    let (rows, _) = usecases::zones(&catalog, allowed.authorized(), &paging).await?;
    Ok(Json(page(&paging, rows, |row| row.id, Zone::from)))
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
    let paging = query.check()?;
    let (rows, total) = usecases::zones(&catalog, allowed.authorized(), &paging).await?;
    let items = page(&paging, rows, |row| row.id, Zone::from).items;
    Ok(Json(SearchResult { items, total }))
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
    let named = NamedChange {
        name: request.name,
        is_active: request.is_active,
    };
    let attempt = Attempt::new("create_zone", &key, body.bytes());
    let show = |row| serde_json::to_value(Zone::from(row)).map_err(Error::internal);
    let (authorized, code) = (allowed.authorized(), &request.code);
    let answer = usecases::create_zone(&catalog, authorized, request.region_id, code, named, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Change a zone
#[utoipa::path(put, path = "/zones/{id}", operation_id = "update_zone", tag = "catalogue", request_body = NamedRequest,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Zone), ChangeRefusals))]
async fn update_zone(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<NamedRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(NamedChange::from);
    let row = usecases::update_zone(&catalog, allowed.authorized(), id, &if_match, parse).await?;
    Ok(Tag::of(&row).on(Zone::from(row)))
}
