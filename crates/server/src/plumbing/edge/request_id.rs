//! Gives each request the id it is known by, and a log span that carries it.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::ids::new_id;
use crate::request_id::within;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const CLIENT_HEADER: HeaderName = HeaderName::from_static("x-client-request-id");

/// In an answer's extensions: it comes every second, to probes and workers, and says nothing while it succeeds.
#[derive(Clone, Copy)]
struct Routine;

/// Around the surfaces whose answers are routine.
pub async fn is_routine(mut response: Response) -> Response {
    response.extensions_mut().insert(Routine);
    response
}

/// Gives each request its id, a span that carries it, and the answer's headers.
pub async fn assign(request: Request, next: Next) -> Response {
    let id = new_id();
    let client_id = request
        .headers()
        .get(&HEADER)
        .filter(|value| value.len() <= 128)
        .cloned();
    // The template, never the path: paths may hold single-use tokens.
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or("unmatched", |path| path.as_str())
        .to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %id, %method, route);
    let started = std::time::Instant::now();
    let mut response = within(id, next.run(request)).instrument(span.clone()).await;
    let elapsed = started.elapsed();
    metrics::histogram!("http_request_duration_seconds", "route" => route, "status" => response.status().as_u16().to_string())
        .record(elapsed.as_secs_f64());
    let (status, duration_ms) = (response.status().as_u16(), elapsed.as_millis() as u64);
    let is_routine = response.extensions().get::<Routine>().is_some();
    span.in_scope(|| match is_routine && status < 400 {
        true => tracing::debug!(status, duration_ms, "answered"),
        false => tracing::info!(status, duration_ms, "answered"),
    });
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    if let Some(client_id) = client_id {
        response.headers_mut().insert(CLIENT_HEADER, client_id);
    }
    response
}
