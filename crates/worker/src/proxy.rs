//! Passes a request to the engine and the answer back, byte for byte, as they arrive.
//!
//! When the client goes away the server drops the handler or the response body; either drops the request to the engine,
//! whose connection closes, and the engine stops generating.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{LengthLimitError, Limited};
use hyper::body::Incoming;
use uuid::Uuid;

use crate::engine::read_counters;
use crate::loopback::{self, EngineHttp};
use crate::serving::{Serving, openai_error};
use crate::state::{InFlight, NotServing};

/// Bytes of a request body.
pub const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// Requests this worker serves, this one included.
const IN_FLIGHT_HEADER: HeaderName = HeaderName::from_static("x-inventiv-worker-in-flight");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the engine may see of a request; above all not the serving token.
const PASSED_ON: [HeaderName; 4] = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ACCEPT, REQUEST_ID];

/// Headers that speak about one connection.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

pub async fn forward(State(serving): State<Serving>, request: Request) -> Response {
    let (in_flight, engine) = match serving.state.admit() {
        Ok(admitted) => admitted,
        Err(reason) => return not_serving(reason),
    };
    if request.body().size_hint().lower() > BODY_LIMIT as u64 {
        return too_large();
    }
    let served_now = serving.state.in_flight();
    begin(&serving, request.headers(), served_now, engine);
    match serving.client.request(to_engine(request, engine)).await {
        Ok(response) => to_gateway(response, in_flight, served_now),
        Err(error) if is_over_limit(&error) => too_large(),
        Err(error) => {
            tracing::warn!(%error, "the engine did not answer a request");
            let message = "The engine of this worker did not answer.";
            openai_error(StatusCode::BAD_GATEWAY, "server_error", "engine_unreachable", message)
        }
    }
}

/// Writes the request into the ledger, and reads the engine's counters beside it where that is due.
fn begin(serving: &Serving, headers: &HeaderMap, served_now: u32, engine: SocketAddr) {
    let id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let Some(id) = id else { return };
    if serving.state.ledger().begin(id, served_now, Instant::now()) {
        let (state, http) = (serving.state.clone(), EngineHttp::new(serving.client.clone(), engine));
        #[expect(
            clippy::disallowed_methods,
            reason = "ends with its time limit, and nothing waits for it"
        )]
        tokio::spawn(async move {
            if let Some(counters) = read_counters(&http).await {
                state.ledger().note(counters, Instant::now());
            }
        });
    }
}

/// What the engine made for a request so far, or until its caller left.
pub async fn produced(State(serving): State<Serving>, Path(id): Path<Uuid>) -> Response {
    let state = &serving.state;
    let counters = match state.engine_address() {
        Some(engine) => read_counters(&EngineHttp::new(serving.client.clone(), engine)).await,
        None => None,
    };
    let produced = counters.and_then(|counters| state.ledger().produced(id, counters));
    match produced {
        Some(produced) => axum::Json(produced).into_response(),
        None => openai_error(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            "not_found",
            "Nothing is known of this request.",
        ),
    }
}

fn to_engine(request: Request, engine: SocketAddr) -> Request {
    let (parts, body) = request.into_parts();
    // The limit holds for bodies of unknown length too.
    let mut forwarded = Request::new(Body::new(Limited::new(body, BODY_LIMIT)));
    *forwarded.method_mut() = parts.method;
    *forwarded.uri_mut() = engine_uri(&parts.uri, engine);
    let headers = forwarded.headers_mut();
    for name in PASSED_ON {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    forwarded
}

/// The path is one of the allow-list; a query is of no use to an engine and left out.
fn engine_uri(uri: &Uri, engine: SocketAddr) -> Uri {
    loopback::uri(engine, uri.path())
}

fn to_gateway(response: http::Response<Incoming>, in_flight: InFlight, served_now: u32) -> Response {
    let (mut parts, body) = response.into_parts();
    drop_hop_by_hop(&mut parts.headers);
    parts.headers.insert(IN_FLIGHT_HEADER, HeaderValue::from(served_now));
    Response::from_parts(
        parts,
        Body::new(CountedBody {
            body,
            failure: None,
            _in_flight: in_flight,
        }),
    )
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

fn not_serving(reason: NotServing) -> Response {
    let (code, message) = match reason {
        NotServing::NotReady => ("worker_not_ready", "This worker is not ready."),
        NotServing::Draining => ("worker_draining", "This worker accepts no new requests."),
    };
    let mut response = openai_error(StatusCode::SERVICE_UNAVAILABLE, "server_error", code, message);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn too_large() -> Response {
    let message = "The request is larger than 32 MiB.";
    openai_error(
        StatusCode::PAYLOAD_TOO_LARGE,
        "invalid_request_error",
        "request_too_large",
        message,
    )
}

/// The limit surfaces as the cause of a failed call.
fn is_over_limit(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<LengthLimitError>() {
            return true;
        }
        cause = current.source();
    }
    false
}

/// The engine's answer; the request counts as served until it is dropped.
struct CountedBody {
    body: Incoming,
    /// The error that ends the answer, held back for one turn: a server drops what it has not written yet when a body
    /// fails, and writes when a body makes it wait. The last tokens before a crash are paid for and have to arrive.
    failure: Option<hyper::Error>,
    _in_flight: InFlight,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(failure) = self.failure.take() {
            return Poll::Ready(Some(Err(failure)));
        }
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Err(failure))) => {
                self.failure = Some(failure);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.failure.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_sees_neither_the_serving_token_nor_unknown_headers() {
        let request = http::Request::post("/v1/completions?x=1")
            .header("authorization", "Bearer secret")
            .header("content-type", "application/json")
            .header("x-request-id", "r1")
            .header("cookie", "a=b")
            .body(Body::from("{}"))
            .unwrap();
        let forwarded = to_engine(request, ([127, 0, 0, 1], 9).into());
        assert_eq!(forwarded.uri(), "http://127.0.0.1:9/v1/completions");
        let mut names: Vec<_> = forwarded.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "x-request-id"]);
    }

    #[test]
    fn headers_about_the_connection_to_the_engine_stay_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-odd"),
            ("x-odd", "1"),
            ("transfer-encoding", "chunked"),
            ("x-kept", "1"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        drop_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }
}
