//! `/internal/worker/*`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use worker_protocol::{HeartbeatRequest, HeartbeatResponse, RegisterRequest, RegisterResponse};

use super::Workers;
use super::usecases;
use crate::error::{Problem, Result};
use crate::features::sessions::{Anonymous, bearer};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::refusals::BodyRefusals;

pub fn routes() -> OpenApiRouter<Workers> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(heartbeat))
}

/// First message of a worker
///
/// Exchanges the one-time bootstrap token (Bearer) for a worker token and the assignment. Shapes: the crate `worker-protocol`.
#[utoipa::path(post, path = "/internal/worker/register", operation_id = "register_worker", tag = "workers", request_body = Value,
    extensions(("x-permission" = json!("worker"))), responses(
    (status = 200, description = "What to serve, and the secrets to do it with", body = Value),
    BodyRefusals,
    (status = 401, description = "worker_token_refused: nothing to retry", body = Problem),
    (status = 409, description = "worker_boot_conflict, worker_protocol_unsupported: nothing to retry; worker_boot_pending: ask again", body = Problem)))]
async fn register(
    State(workers): State<Workers>,
    Anonymous(context): Anonymous,
    headers: HeaderMap,
    body: JsonBody<RegisterRequest>,
) -> Result<Json<RegisterResponse>> {
    let token = bearer(&headers);
    usecases::register(&workers, token.as_deref(), &body, &context)
        .await
        .map(Json)
}

/// A worker reports
///
/// With the worker token (Bearer), every heartbeat interval and whenever the phase changes.
#[utoipa::path(post, path = "/internal/worker/heartbeat", operation_id = "report_heartbeat", tag = "workers", request_body = Value,
    extensions(("x-permission" = json!("worker"))), responses(
    (status = 200, description = "What to do until the next one", body = Value),
    BodyRefusals,
    (status = 401, description = "worker_token_refused: nothing to retry", body = Problem)))]
async fn heartbeat(
    State(workers): State<Workers>,
    Anonymous(context): Anonymous,
    headers: HeaderMap,
    body: JsonBody<HeartbeatRequest>,
) -> Result<Json<HeartbeatResponse>> {
    let token = bearer(&headers);
    usecases::heartbeat(&workers, token.as_deref(), &body, &context)
        .await
        .map(Json)
}
