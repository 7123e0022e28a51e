//! What surrounds every route: ids, logs, panics, time limits, headers; and the probes.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{request_id, unread};
use crate::app::App;
use crate::error::{Error, Kind, Problem, Result};

/// Our own API answers within this; streams and inference have limits of their own.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// `time_limit`: [`TIME_LIMIT`], or less where a test waits for it.
pub fn around(router: Router<App>, time_limit: Duration) -> Router<App> {
    router
        .fallback(|| async { Error::new(Kind::NotFound, "no_such_route", "There is nothing at this address.") })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(time_limit, limit_time))
        .layer(axum::middleware::from_fn(unread::take_in_or_close))
        .layer(axum::middleware::from_fn(harden))
        .layer(axum::middleware::from_fn(request_id::assign))
}

async fn method_not_allowed() -> Response {
    let problem = json!({
        "type": "about:blank", "title": "Method not allowed", "status": 405, "code": "method_not_allowed",
        "detail": "This address does not answer to this method.", "request_id": request_id::current(), "errors": [],
    });
    let mut response = (StatusCode::METHOD_NOT_ALLOWED, Json(problem)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// A process answers for the roles it was given; what it isn't there for looks like nothing.
pub async fn answer_for_roles(State(app): State<App>, request: Request, next: Next) -> Response {
    use crate::plumbing::config::ServerRole::{Api, Gateway, Orchestrator};
    let path = request.uri().path();
    let wanted: &[_] = match path {
        "/healthz" | "/readyz" | "/version" => &[Api, Gateway, Orchestrator],
        _ if path.starts_with("/v1/") => &[Gateway],
        _ if path.starts_with("/internal/worker/") => &[Orchestrator],
        _ => &[Api],
    };
    if wanted.iter().any(|role| app.config.has_role(*role)) {
        return next.run(request).await;
    }
    Error::new(Kind::NotFound, "no_such_route", "This process does not serve that.").into_response()
}

/// A panic is a bug of ours: the request fails with an id to look it up by, the process lives on.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    Error::internal(anyhow::anyhow!("panic: {}", what.unwrap_or("of unknown kind"))).into_response()
}

/// Headers until then; a body that streams may take as long as it likes.
async fn limit_time(State(time_limit): State<Duration>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/v1/") {
        return next.run(request).await;
    }
    let awaited = request.extensions().get::<unread::Awaited>().cloned();
    match tokio::time::timeout(time_limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if awaited.is_some_and(|awaited| awaited.get()) => Error::new(
            Kind::RequestTimeout,
            "request_timeout",
            "The body of the request took too long to arrive.",
        )
        .into_response(),
        Err(_) => Error::unavailable("The request took too long.").into_response(),
    }
}

/// Security headers. A route that set its own policy keeps it.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

pub fn health_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(version))
}

/// Is the process alive
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "operation",
    extensions(("x-permission" = json!("public"))), responses((status = 200, description = "Alive", body = str, content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "ok"
}

/// Can it serve
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "operation",
    extensions(("x-permission" = json!("public"))), responses(
    (status = 200, description = "Serving", body = str, content_type = "text/plain"),
    (status = 503, description = "The database cannot be reached, or the program is stopping", body = Problem)))]
async fn readyz(State(app): State<App>) -> Result<&'static str> {
    if app.shutdown.is_cancelled() {
        return Err(Error::unavailable("The program is stopping."));
    }
    if !app.db.is_reachable().await {
        return Err(Error::unavailable("The database cannot be reached."));
    }
    Ok("ok")
}

#[derive(Serialize, ToSchema)]
struct Version {
    version: &'static str,
}

/// Which version is this
#[utoipa::path(get, path = "/version", operation_id = "version", tag = "operation",
    extensions(("x-permission" = json!("public"))), responses((status = 200, description = "The program's version", body = Version)))]
async fn version() -> Json<Version> {
    Json(Version {
        version: env!("CARGO_PKG_VERSION"),
    })
}
