//! What surrounds routes: panics, time limits, headers, and answers where there is no route.

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use super::unread;
use crate::codes::ErrorCode;
use crate::error::{Error, Kind};
use crate::request_id;

/// Our own API answers within this; streams and inference have limits of their own.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The answer where there is no route.
pub async fn no_such_route() -> Error {
    Error::new(
        Kind::NotFound,
        ErrorCode::NoSuchRoute,
        "There is nothing at this address.",
    )
}

pub async fn method_not_allowed() -> Response {
    let problem = json!({
        "type": "about:blank", "title": "Method not allowed", "status": 405, "code": ErrorCode::MethodNotAllowed.as_str(),
        "detail": "This address does not answer to this method.", "request_id": request_id::current(), "errors": [],
    });
    let mut response = (StatusCode::METHOD_NOT_ALLOWED, Json(problem)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// A panic is a bug of ours: the request fails with an id to look it up by, the process lives on.
pub fn catch_panics() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(panicked)
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    Error::internal(anyhow::anyhow!("panic: {}", what.unwrap_or("of unknown kind"))).into_response()
}

/// Headers until then; a body that streams may take as long as it likes.
pub async fn limit_time(State(time_limit): State<Duration>, request: Request, next: Next) -> Response {
    let awaited = request.extensions().get::<unread::Awaited>().cloned();
    match tokio::time::timeout(time_limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if awaited.is_some_and(|awaited| awaited.get()) => Error::new(
            Kind::RequestTimeout,
            ErrorCode::RequestTimeout,
            "The body of the request took too long to arrive.",
        )
        .into_response(),
        Err(_) => Error::unavailable("The request took too long.").into_response(),
    }
}

/// Security headers. A route that set its own policy keeps it.
pub async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    never_stored(response)
}

/// What somebody may see is in nobody's cache, unless an answer says otherwise of itself: the console's files are everybody's.
pub fn never_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
