//! What the gateway calls: a few paths of the engine, behind the serving token.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use worker_protocol::PRODUCED_PATH;

use crate::loopback::EngineClient;
use crate::proxy::{forward, produced};
use crate::state::WorkerState;

/// What the handlers need.
#[derive(Clone)]
pub struct Serving {
    pub state: Arc<WorkerState>,
    pub client: EngineClient,
}

/// The allow-list: an engine has more endpoints than these, and some of them are dangerous.
pub fn router(serving: Serving) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(forward))
        .route("/v1/completions", post(forward))
        .route("/v1/embeddings", post(forward))
        .route("/v1/responses", post(forward))
        .route("/v1/models", get(forward))
        .route(PRODUCED_PATH, get(produced))
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn_with_state(serving.clone(), only_the_gateway))
        // Without a token: says that this process lives, nothing more.
        .route("/health", get(|| async { axum::Json(json!({"status": "alive"})) }))
        .with_state(serving)
}

async fn only_the_gateway(State(serving): State<Serving>, request: Request, next: Next) -> Response {
    let presented = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().split_at_checked(7))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "))
        .map(|(_, token)| token);
    match (serving.state.serving_token(), presented) {
        (Some(expected), Some(presented)) if expected.matches(presented) => next.run(request).await,
        _ => unauthenticated(),
    }
}

fn unauthenticated() -> Response {
    let problem = json!({
        "type": "about:blank",
        "title": "Unauthenticated",
        "status": 401,
        "code": "unauthenticated",
        "detail": "The serving token of this worker is needed.",
    });
    let headers = [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::WWW_AUTHENTICATE, "Bearer"),
    ];
    (StatusCode::UNAUTHORIZED, headers, problem.to_string()).into_response()
}

async fn unknown_path() -> Response {
    openai_error(
        StatusCode::NOT_FOUND,
        "invalid_request_error",
        "not_found",
        "This worker does not serve this path.",
    )
}

async fn unknown_method() -> Response {
    let message = "This path does not accept this method.";
    openai_error(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request_error",
        "method_not_allowed",
        message,
    )
}

/// An error as clients of the OpenAI API expect it.
pub fn openai_error(status: StatusCode, kind: &str, code: &str, message: &str) -> Response {
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    (status, axum::Json(body)).into_response()
}
