//! `/deployments`, `/instances*`, `/reconcile`.

use std::collections::BTreeMap;

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

use super::Instances;
use super::rules::{Progress, Status};
use super::store::instances::InstanceRow;
use super::usecases::{self, Deployment};
use crate::activation::Activation;
use crate::error::{Problem, Result};
use crate::money::Eur;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{BodyRefusals, ListRefusals, ReadRefusals};
use crate::plumbing::edge::versions::IfMatch;

pub fn routes() -> OpenApiRouter<Instances> {
    OpenApiRouter::new()
        .routes(routes!(create_deployment))
        .routes(routes!(list_instances))
        .routes(routes!(search_instances))
        .routes(routes!(get_instance, update_instance, terminate_instance))
        .routes(routes!(get_instance_history))
        .routes(routes!(set_instance_tech_activation))
        .routes(routes!(set_instance_eco_activation))
        .routes(routes!(reconcile))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateDeploymentRequest {
    /// The row's id, of one of our models or a public one.
    model_id: Uuid,
    instance_type_id: Uuid,
    zone_id: Uuid,
    /// What people will call the instance; null or absent: nothing of its own. Two may have one name.
    #[schema(example = "Chat for support")]
    name: Option<String>,
    /// Only say whether it fits and what it costs.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
struct DeploymentAccepted {
    instance_id: Uuid,
}

#[derive(Serialize, ToSchema)]
struct DeploymentPreview {
    fits: bool,
    cost_per_hour_eur: Eur,
    /// Why it fits or doesn't, in sentences.
    reasons: Vec<String>,
}

/// Deploy a model
///
/// Accepted at once; the instance's `status` and `progress_percent` tell how far it is. It serves once it is ready and both
/// activations are set.
#[utoipa::path(post, path = "/deployments", operation_id = "create_deployment", tag = "instances",
    request_body = CreateDeploymentRequest, params(("Idempotency-Key" = Option<String>, Header)),
    extensions(("x-permission" = json!("instance.create"))), responses(
    (status = 200, description = "dry_run: what it would be", body = DeploymentPreview),
    (status = 202, description = "Accepted", body = DeploymentAccepted),
    ReadRefusals, BodyRefusals,
    (status = 409, description = "The workspace changed, or the idempotency key was used for something else", body = Problem),
    (status = 422, description = "A field names nothing that can be deployed, or it does not fit", body = Problem)))]
async fn create_deployment(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceCreate>,
    key: IdempotencyKey,
    body: JsonBody<CreateDeploymentRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let deployment = Deployment {
        name: request.name,
        model_id: request.model_id,
        instance_type_id: request.instance_type_id,
        zone_id: request.zone_id,
    };
    if request.dry_run {
        let preview = usecases::dry_run(&instances, allowed.authorized(), deployment).await?;
        return Ok(Json(DeploymentPreview {
            fits: preview.fits,
            cost_per_hour_eur: preview.cost_per_hour_eur,
            reasons: preview.reasons,
        })
        .into_response());
    }
    let attempt = Attempt::new("create_deployment", &key, body.bytes());
    let answer = usecases::deploy(&instances, allowed.authorized(), deployment, &attempt).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Instance {
    id: Uuid,
    /// What people call it, 1 to 100 characters; null: it goes by its model's name.
    #[schema(example = "Chat for support")]
    name: Option<String>,
    #[schema(example = "organization")]
    scope: String,
    organization_id: Option<Uuid>,
    status: Status,
    progress_percent: u8,
    /// The last step completed: accepted, server_created, server_started, address_known, worker_registered, engine_answers,
    /// model_loaded, warmed_up, health_checked, ready. Null while the request waits for its approval.
    progress_step: Option<&'static str>,
    #[schema(example = "running")]
    desired_state: String,
    model_id: Uuid,
    model_name: String,
    provider_code: String,
    zone_id: Uuid,
    zone_code: String,
    instance_type_id: Uuid,
    instance_type_code: String,
    gpu_count: i32,
    /// Of all GPUs together.
    vram_gb: i32,
    /// As it was when the deployment was accepted.
    cost_per_hour_eur: Eur,
    cost_to_date_eur: Eur,
    /// When the provider began to bill it.
    billed_since: Option<DateTime<Utc>>,
    provider_instance_id: Option<String>,
    address: Option<String>,
    is_operational: bool,
    missing_activations: Vec<Activation>,
    tech_activated_by: Option<Uuid>,
    /// Their username; null for whom this workspace doesn't know (any more).
    tech_activated_by_username: Option<String>,
    tech_activated_at: Option<DateTime<Utc>>,
    eco_activated_by: Option<Uuid>,
    eco_activated_by_username: Option<String>,
    eco_activated_at: Option<DateTime<Utc>>,
    worker_version: Option<String>,
    last_heartbeat_at: Option<DateTime<Utc>>,
    /// Requests waiting in the engine; null: unknown.
    queue_depth: Option<i32>,
    error_code: Option<String>,
    /// In words.
    error_message: Option<String>,
    created_at: DateTime<Utc>,
    ready_at: Option<DateTime<Utc>>,
    terminated_at: Option<DateTime<Utc>>,
}

impl From<InstanceRow> for Instance {
    fn from(row: InstanceRow) -> Self {
        let Progress { percent, step } = row.progress();
        Self {
            status: row.status,
            progress_percent: percent,
            progress_step: step,
            missing_activations: row.activations().missing(),
            id: row.id,
            name: row.name,
            scope: row.scope,
            organization_id: row.organization_id,
            desired_state: row.desired_state,
            model_id: row.model_id,
            model_name: row.model_name,
            provider_code: row.provider_code,
            zone_id: row.zone_id,
            zone_code: row.zone_code,
            instance_type_id: row.instance_type_id,
            instance_type_code: row.instance_type_code,
            gpu_count: row.gpu_count,
            vram_gb: row.vram_gb,
            cost_per_hour_eur: row.cost_per_hour_eur.into(),
            cost_to_date_eur: row.cost_to_date_eur.into(),
            billed_since: row.billable_since,
            provider_instance_id: row.provider_instance_id,
            address: row.address,
            is_operational: row.is_operational,
            tech_activated_by: row.tech_activated_by,
            tech_activated_by_username: row.tech_activated_by_username,
            tech_activated_at: row.tech_activated_at,
            eco_activated_by: row.eco_activated_by,
            eco_activated_by_username: row.eco_activated_by_username,
            eco_activated_at: row.eco_activated_at,
            worker_version: row.worker_version,
            last_heartbeat_at: row.last_heartbeat_at,
            queue_depth: row.queue_depth,
            error_code: row.error_code,
            error_message: row.error_message,
            created_at: row.created_at,
            ready_at: row.ready_at,
            terminated_at: row.terminated_at,
        }
    }
}

fn shown(rows: Vec<InstanceRow>) -> Vec<Instance> {
    rows.into_iter().map(Instance::from).collect()
}

/// The instances of this workspace
#[utoipa::path(get, path = "/instances", operation_id = "list_instances", tag = "instances", params(ListQuery),
    extensions(("x-permission" = json!("instance.read"))), responses(
    (status = 200, description = "Newest first", body = Page<Instance>),
    ListRefusals))]
async fn list_instances(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Instance>>> {
    let page = usecases::list(&instances, allowed.authorized(), &query.check()?).await?;
    Ok(Json(Page {
        items: shown(page.items),
        next_cursor: page.next_cursor,
    }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    /// Rows, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Order: `-created_at` (newest first, the default) or `created_at`.
    sort: Option<String>,
    /// Only instances whose name, model, type or zone contains this text.
    q: Option<String>,
    /// `platform` or `organization`.
    scope: Option<String>,
    /// Only these statuses, separated by commas.
    status: Option<String>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    workspace: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct InstanceSearchResult {
    items: Vec<Instance>,
    total: i64,
    stats: InstanceStats,
}

#[derive(Serialize, ToSchema)]
struct InstanceStats {
    /// How many of the matches are in which status; those with none are left out.
    by_status: BTreeMap<String, i64>,
}

/// Search instances
#[utoipa::path(get, path = "/instances/search", operation_id = "search_instances", tag = "instances", params(SearchQuery),
    extensions(("x-permission" = json!("instance.read"))), responses(
    (status = 200, description = "What matches, and how much there is", body = InstanceSearchResult),
    ListRefusals))]
async fn search_instances(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceRead>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<InstanceSearchResult>> {
    let paging = ListQuery {
        limit: query.limit,
        cursor: None,
        sort: query.sort,
        q: query.q,
        scope: query.scope,
        workspace: query.workspace,
    }
    .check()?;
    let statuses = query
        .status
        .map(|text| text.split(',').map(|one| one.trim().to_owned()).collect());
    let found = usecases::search(&instances, allowed.authorized(), &paging, statuses).await?;
    Ok(Json(InstanceSearchResult {
        items: shown(found.rows),
        total: found.total,
        stats: InstanceStats {
            by_status: found.by_status,
        },
    }))
}

/// One instance
#[utoipa::path(get, path = "/instances/{id}", operation_id = "get_instance", tag = "instances", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("instance.read"))), responses(
    (status = 200, description = "As it is now", body = Instance),
    ReadRefusals,
    (status = 404, description = "Not in this workspace", body = Problem)))]
async fn get_instance(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceRead>,
    Id(id): Id,
) -> Result<Response> {
    Ok(tagged(usecases::get(&instances, allowed.authorized(), id).await?))
}

fn tagged(row: InstanceRow) -> Response {
    usecases::tag(&row).on(Instance::from(row))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateInstanceRequest {
    /// Null takes its name away: it goes by its model's.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, example = "Chat for support")]
    name: Option<String>,
}

/// Rename an instance
///
/// Names tell instances of one model apart; two may have one name. One that has ended can be renamed too, as it stays in lists and
/// among the costs.
#[utoipa::path(patch, path = "/instances/{id}", operation_id = "update_instance", tag = "instances",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = UpdateInstanceRequest,
    extensions(("x-permission" = json!("instance.update"))), responses(
    (status = 200, description = "As it is now", body = Instance),
    ReadRefusals, BodyRefusals,
    (status = 404, description = "Not in this workspace", body = Problem),
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn update_instance(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceUpdate>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<UpdateInstanceRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(|request| request.name);
    Ok(tagged(
        usecases::rename(&instances, allowed.authorized(), id, &if_match, parse).await?,
    ))
}

/// Terminate an instance
///
/// A ready one finishes its requests first. It is over, and costs nothing more, when its status is `terminated`.
#[utoipa::path(delete, path = "/instances/{id}", operation_id = "terminate_instance", tag = "instances", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("instance.terminate"))), responses(
    (status = 202, description = "On its way; asking again changes nothing", body = Instance),
    ReadRefusals,
    (status = 404, description = "Not in this workspace", body = Problem)))]
async fn terminate_instance(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceTerminate>,
    Id(id): Id,
) -> Result<(StatusCode, Json<Instance>)> {
    let row = usecases::terminate(&instances, allowed.authorized(), id).await?;
    Ok((StatusCode::ACCEPTED, Json(Instance::from(row))))
}

#[derive(Serialize, ToSchema)]
struct HistoryEntry {
    id: Uuid,
    /// Null: how it began.
    from_status: Option<Status>,
    to_status: Status,
    /// What happened, for programs.
    reason: String,
    /// What went wrong, in words.
    message: Option<String>,
    /// Who asked; null: the platform itself.
    actor: Option<String>,
    occurred_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct History {
    items: Vec<HistoryEntry>,
}

/// What happened to an instance
#[utoipa::path(get, path = "/instances/{id}/history", operation_id = "get_instance_history", tag = "instances", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("instance.read"))), responses(
    (status = 200, description = "Its transitions, oldest first", body = History),
    ReadRefusals,
    (status = 404, description = "Not in this workspace", body = Problem)))]
async fn get_instance_history(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceRead>,
    Id(id): Id,
) -> Result<Json<History>> {
    let rows = usecases::history(&instances, allowed.authorized(), id).await?;
    let items = rows.into_iter().map(|row| HistoryEntry {
        id: row.id,
        from_status: row.from_status,
        to_status: row.to_status,
        reason: row.reason,
        message: row.message,
        actor: row.actor,
        occurred_at: row.occurred_at,
    });
    Ok(Json(History { items: items.collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InstanceActivationRequest {
    active: bool,
}

/// Activate an instance technically
///
/// It serves once it is activated economically as well. `false` takes the activation back.
#[utoipa::path(put, path = "/instances/{id}/activation/tech", operation_id = "set_instance_tech_activation", tag = "instances",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = InstanceActivationRequest,
    extensions(("x-permission" = json!("instance.activate_tech"))),
    responses(
    (status = 200, description = "As it is now", body = Instance),
    ReadRefusals, BodyRefusals,
    (status = 404, description = "Not in this workspace", body = Problem),
    (status = 409, description = "The workspace changed, or the instance exists no more", body = Problem),
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn set_instance_tech_activation(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceActivateTech>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<InstanceActivationRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(|request| request.active);
    let row = usecases::activate(&instances, allowed.authorized(), id, Activation::Tech, &if_match, parse).await?;
    Ok(tagged(row))
}

/// Activate an instance economically
///
/// An instance that waits for this approval is ordered with it. `false` takes the activation back.
#[utoipa::path(put, path = "/instances/{id}/activation/eco", operation_id = "set_instance_eco_activation", tag = "instances",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = InstanceActivationRequest,
    extensions(("x-permission" = json!("instance.activate_eco"))),
    responses(
    (status = 200, description = "As it is now", body = Instance),
    ReadRefusals, BodyRefusals,
    (status = 404, description = "Not in this workspace", body = Problem),
    (status = 409, description = "The workspace changed, or the instance exists no more", body = Problem),
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn set_instance_eco_activation(
    State(instances): State<Instances>,
    allowed: Allowed<grant::InstanceActivateEco>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<InstanceActivationRequest>,
) -> Result<Response> {
    let parse = || body.parse().map(|request| request.active);
    let row = usecases::activate(&instances, allowed.authorized(), id, Activation::Eco, &if_match, parse).await?;
    Ok(tagged(row))
}

#[derive(Serialize, ToSchema)]
struct Reconciliation {
    /// Instances that are compared with their provider now.
    instances: u64,
}

/// Compare instances with their providers now
///
/// Happens by itself all the time; this only hurries it.
#[utoipa::path(post, path = "/reconcile", operation_id = "run_reconciliation", tag = "instances",
    extensions(("x-permission" = json!("reconcile.run"))), responses(
    (status = 202, description = "On its way", body = Reconciliation),
    ReadRefusals))]
async fn reconcile(
    State(instances): State<Instances>,
    allowed: Allowed<grant::ReconcileRun>,
) -> Result<(StatusCode, Json<Reconciliation>)> {
    let instances = usecases::request_visits(&instances, allowed.authorized()).await?;
    Ok((StatusCode::ACCEPTED, Json(Reconciliation { instances })))
}
