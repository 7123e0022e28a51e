//! Sizes of servers, and where each is to be had.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::rules::{InstanceTypeChange, TypeZoneChange, active};
use super::super::store::TypeZoneRow;
use super::super::usecases::{self, Offered};
use super::page;
use crate::error::{Error, Result};
use crate::features::catalog::Catalog;
use crate::money::Eur;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page, SearchResult};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{ChangeRefusals, CreateRefusals, ListRefusals, RowRefusals};
use crate::plumbing::edge::versions::{IfMatch, Tag};

pub fn routes() -> OpenApiRouter<Catalog> {
    OpenApiRouter::new()
        .routes(routes!(list_instance_types, create_instance_type))
        .routes(routes!(search_instance_types))
        .routes(routes!(update_instance_type))
        .routes(routes!(list_instance_type_zones, put_instance_type_zones))
        .routes(routes!(list_zone_instance_types))
}

#[derive(Debug, Serialize, ToSchema)]
struct InstanceType {
    id: Uuid,
    provider_id: Uuid,
    #[schema(example = "mock-l4-1")]
    code: String,
    name: String,
    cpu_count: i32,
    memory_gb: i32,
    gpu_count: i32,
    vram_per_gpu_gb: i32,
    /// Where a zone has no price of its own.
    cost_per_hour_eur: Eur,
    is_active: bool,
    zones: Vec<TypeZone>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TypeZone {
    zone_id: Uuid,
    zone_code: String,
    is_available: bool,
    /// What an hour costs in this zone.
    cost_per_hour_eur: Eur,
}

impl From<TypeZoneRow> for TypeZone {
    fn from(row: TypeZoneRow) -> Self {
        Self {
            zone_id: row.zone_id,
            zone_code: row.zone_code,
            is_available: row.is_available,
            cost_per_hour_eur: row.cost_per_hour_eur.into(),
        }
    }
}

impl From<Offered> for InstanceType {
    fn from(Offered { instance_type, zones }: Offered) -> Self {
        Self {
            id: instance_type.id,
            provider_id: instance_type.provider_id,
            code: instance_type.code,
            name: instance_type.name,
            cpu_count: instance_type.cpu_count,
            memory_gb: instance_type.memory_gb,
            gpu_count: instance_type.gpu_count,
            vram_per_gpu_gb: instance_type.vram_per_gpu_gb,
            cost_per_hour_eur: instance_type.cost_per_hour_eur.into(),
            is_active: instance_type.is_active,
            zones: zones.into_iter().map(TypeZone::from).collect(),
        }
    }
}

/// Sizes of servers with their prices
#[utoipa::path(get, path = "/instance_types", operation_id = "list_instance_types", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Instance types", body = Page<InstanceType>), ListRefusals))]
async fn list_instance_types(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<InstanceType>>> {
    let paging = query.check()?;
    let (rows, _) = usecases::instance_types(&catalog, allowed.authorized(), &paging).await?;
    Ok(Json(page(
        &paging,
        rows,
        |row| row.instance_type.id,
        InstanceType::from,
    )))
}

/// Search instance types
#[utoipa::path(get, path = "/instance_types/search", operation_id = "search_instance_types", tag = "catalogue", params(ListQuery),
    extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "What matches, and how much there is", body = SearchResult<InstanceType>), ListRefusals))]
async fn search_instance_types(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<SearchResult<InstanceType>>> {
    let paging = query.check()?;
    let (rows, total) = usecases::instance_types(&catalog, allowed.authorized(), &paging).await?;
    let items = page(&paging, rows, |row| row.instance_type.id, InstanceType::from).items;
    Ok(Json(SearchResult { items, total }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateInstanceTypeRequest {
    provider_id: Uuid,
    code: String,
    name: String,
    cpu_count: i32,
    memory_gb: i32,
    gpu_count: i32,
    vram_per_gpu_gb: i32,
    cost_per_hour_eur: Eur,
    #[serde(default = "active")]
    #[schema(default = true)]
    is_active: bool,
}

/// Add an instance type
///
/// It is offered nowhere until its zones are set.
#[utoipa::path(post, path = "/instance_types", operation_id = "create_instance_type", tag = "catalogue",
    request_body = CreateInstanceTypeRequest, params(("Idempotency-Key" = Option<String>, Header)),
    extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 201, description = "Added", body = InstanceType), CreateRefusals))]
async fn create_instance_type(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    key: IdempotencyKey,
    body: JsonBody<CreateInstanceTypeRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let change = InstanceTypeChange {
        name: request.name,
        cpu_count: request.cpu_count,
        memory_gb: request.memory_gb,
        gpu_count: request.gpu_count,
        vram_per_gpu_gb: request.vram_per_gpu_gb,
        cost_per_hour_eur: request.cost_per_hour_eur,
        is_active: request.is_active,
    };
    let attempt = Attempt::new("create_instance_type", &key, body.bytes());
    let show = |row| serde_json::to_value(InstanceType::from(row)).map_err(Error::internal);
    let (authorized, provider, code) = (allowed.authorized(), request.provider_id, request.code);
    let answer = usecases::create_instance_type(&catalog, authorized, provider, code, change, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Change an instance type
///
/// A new price is for servers ordered from now on.
#[utoipa::path(put, path = "/instance_types/{id}", operation_id = "update_instance_type", tag = "catalogue",
    request_body = InstanceTypeChange, params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = InstanceType), ChangeRefusals))]
async fn update_instance_type(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<InstanceTypeChange>,
) -> Result<Response> {
    let row = usecases::update_instance_type(&catalog, allowed.authorized(), id, &if_match, || body.parse()).await?;
    Ok(Tag::of(&row).on(InstanceType::from(row)))
}

/// Where a type is to be had
#[utoipa::path(get, path = "/instance_types/{id}/zones", operation_id = "list_instance_type_zones", tag = "catalogue",
    params(("id" = Uuid, Path)), extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Zones with the price there", body = Page<TypeZone>), RowRefusals))]
async fn list_instance_type_zones(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Id(id): Id,
) -> Result<Response> {
    let rows = usecases::zones_of_instance_type(&catalog, allowed.authorized(), id).await?;
    Ok(Tag::of(&rows).on(whole(rows)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutZonesRequest {
    /// All zones where the type is offered from now on.
    zones: Vec<TypeZoneChange>,
}

/// Set where a type is to be had
#[utoipa::path(put, path = "/instance_types/{id}/zones", operation_id = "put_instance_type_zones", tag = "catalogue",
    request_body = PutZonesRequest, params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    extensions(("x-permission" = json!("settings.manage"))),
    responses((status = 200, description = "As it is now", body = Page<TypeZone>), ChangeRefusals))]
async fn put_instance_type_zones(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsManage>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<PutZonesRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(|request| request.zones);
    let rows = usecases::put_zones(&catalog, allowed.authorized(), id, &if_match, parse).await?;
    Ok(Tag::of(&rows).on(whole(rows)))
}

/// Sizes to be had in a zone
#[utoipa::path(get, path = "/zones/{id}/instance_types", operation_id = "list_zone_instance_types", tag = "catalogue",
    params(("id" = Uuid, Path), ListQuery), extensions(("x-permission" = json!("settings.read"))),
    responses((status = 200, description = "Instance types offered there", body = Page<InstanceType>),
        (status = 422, description = "A parameter breaks a rule", body = crate::error::Problem), RowRefusals))]
async fn list_zone_instance_types(
    State(catalog): State<Catalog>,
    allowed: Allowed<grant::SettingsRead>,
    Id(id): Id,
    query: Result<Query<ListQuery>>,
) -> Result<Json<Page<InstanceType>>> {
    let parse = || query?.0.check();
    let (rows, paging) = usecases::instance_types_in_zone(&catalog, allowed.authorized(), id, parse).await?;
    Ok(Json(page(
        &paging,
        rows,
        |row| row.instance_type.id,
        InstanceType::from,
    )))
}

/// All zones of a type: as many as its provider has.
fn whole(rows: Vec<TypeZoneRow>) -> Page<TypeZone> {
    Page {
        items: rows.into_iter().map(TypeZone::from).collect(),
        next_cursor: None,
    }
}
