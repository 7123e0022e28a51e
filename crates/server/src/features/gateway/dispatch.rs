//! Sends an admitted request to its worker and begins the answer.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use openai_api::error::normalise_upstream;
use openai_api::request::Edits;
use openai_api::{ErrorEnvelope, RequestBody, ResponseBody, StreamOptions, StreamRewriter};

use super::Gateway;
use super::admission::Admitted;
use super::answer::AnswerStream;
use super::refusal::Refusal;
use super::settlement::Settlement;
use crate::plumbing::addresses::Named;

/// A worker that says nothing for this long is given up, however long answers may take as a whole.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(300);
/// The head of a stream waits this long for its first event: until then a failure is a real status.
const FIRST_EVENT: Duration = Duration::from_secs(3);
/// Largest answer that is not streamed, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;
/// An engine's explanation of an error is read up to here.
const LARGEST_ERROR: usize = 64 * 1024;

const PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");
const WORKER: HeaderName = HeaderName::from_static("x-inventiv-worker");
const OVERHEAD_MS: HeaderName = HeaderName::from_static("x-inventiv-overhead-ms");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The only way to a worker. Dropping the future, or the body of the answer, drops the request to the worker.
pub async fn dispatch(gateway: &Gateway, admitted: Admitted, body: RequestBody, path: &'static str) -> Response {
    let timing = Timing {
        received: admitted.caller().received,
        sent: Instant::now(),
    };
    let (instance_id, named) = (admitted.instance_id(), admitted.named());
    let mut settlement;
    let outcome = match to_worker(gateway, &admitted, &body, path) {
        Ok(request) => {
            settlement = Settlement::new(gateway, admitted);
            tokio::select! {
                outcome = forward(gateway, named, &mut settlement, request, &body) => outcome,
                () = gateway.0.cut.cancelled() => Err(Refusal::unavailable("The server is stopping.")),
            }
        }
        Err(error) => {
            tracing::error!(%error, "a request to a worker could not be written");
            settlement = Settlement::new(gateway, admitted);
            Err(ErrorEnvelope::internal().into())
        }
    };
    let mut response = match outcome {
        Ok(WorkerAnswer::Whole(bytes)) => {
            settlement.complete();
            ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
        }
        Ok(WorkerAnswer::Stream(begun)) => {
            let stream = AnswerStream::new(
                begun.upstream,
                begun.rewriter,
                settlement,
                begun.first,
                gateway.0.cut.clone(),
            );
            let mut response = Response::new(Body::new(stream));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert(NO_BUFFERING, HeaderValue::from_static("no"));
            response
        }
        Err(refusal) => {
            settlement.broken(refusal.envelope.status);
            refusal.into_response()
        }
    };
    timing.tell(&mut response);
    if let Ok(worker) = HeaderValue::try_from(instance_id.to_string()) {
        response.headers_mut().insert(WORKER, worker);
    }
    response
}

/// What a worker's answer turned out to be.
enum WorkerAnswer {
    Whole(Bytes),
    Stream(Box<Begun>),
}

/// A stream whose first event has arrived, or is late.
struct Begun {
    upstream: Incoming,
    rewriter: StreamRewriter,
    first: Bytes,
}

async fn forward(
    gateway: &Gateway,
    named: Named,
    settlement: &mut Settlement,
    request: http::Request<Full<Bytes>>,
    body: &RequestBody,
) -> Result<WorkerAnswer, Refusal> {
    let response = match tokio::time::timeout(SILENCE_LIMIT, gateway.0.upstream.send(named, request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(unreachable_worker(&error)),
        Err(_) => return Err(silent()),
    };
    let (head, upstream) = response.into_parts();
    if head.status != StatusCode::OK {
        let explanation = read(upstream, LARGEST_ERROR).await.unwrap_or_default();
        return Err(normalise_upstream(head.status.as_u16(), &explanation).into());
    }
    let content_type = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|value| value.starts_with(b"text/event-stream")) {
        begin_stream(settlement, upstream, body).await
    } else {
        let bytes = read(upstream, LARGEST_ANSWER).await?;
        let answer = ResponseBody::read(bytes)
            .map_err(|_| ErrorEnvelope::upstream("The model's server sent an answer that can't be read."))?;
        if let Some(error) = answer.error() {
            return Err(error.clone().into());
        }
        settlement.report(answer.counted());
        Ok(WorkerAnswer::Whole(answer.echo_model(body.model())))
    }
}

async fn begin_stream(
    settlement: &mut Settlement,
    mut upstream: Incoming,
    body: &RequestBody,
) -> Result<WorkerAnswer, Refusal> {
    let mut rewriter = StreamRewriter::new(StreamOptions {
        echo_model: body.model().to_owned(),
        include_usage: body.client_wants_usage(),
        continuous_usage: body.client_wants_continuous_usage(),
    });
    let deadline = tokio::time::Instant::now() + FIRST_EVENT;
    let mut first = Bytes::new();
    while first.is_empty() && !rewriter.is_closed() {
        match tokio::time::timeout_at(deadline, upstream.frame()).await {
            Ok(Some(Ok(frame))) => first = frame.into_data().map(|data| rewriter.push(data)).unwrap_or_default(),
            Ok(Some(Err(_)) | None) => {
                return Err(ErrorEnvelope::upstream("The model's server ended the answer before it began.").into());
            }
            Err(_) => break,
        }
    }
    settlement.observe(rewriter.state());
    match &rewriter.state().error {
        Some(error) if !rewriter.state().first_content_seen() => Err(error.clone().into()),
        _ => Ok(WorkerAnswer::Stream(Box::new(Begun {
            upstream,
            rewriter,
            first,
        }))),
    }
}

fn to_worker(
    gateway: &Gateway,
    admitted: &Admitted,
    body: &RequestBody,
    path: &'static str,
) -> Result<http::Request<Full<Bytes>>, http::Error> {
    // Engines share cached prompts among requests with the same salt: one per tenant, so that nobody can measure another's.
    let salt = gateway
        .0
        .core
        .master
        .derive("cache-salt", admitted.caller().tenant.as_bytes());
    let salt = URL_SAFE_NO_PAD.encode(&salt[..16]);
    let edits = Edits {
        model: Some(&admitted.model().model_id),
        cache_salt: Some(&salt),
        stream_usage: true,
    };
    let uri = Uri::builder()
        .scheme("http")
        .authority(admitted.authority().clone())
        .path_and_query(path)
        .build()?;
    http::Request::builder()
        .method(Method::POST)
        .uri(uri)
        .header(header::AUTHORIZATION, admitted.authorization())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(REQUEST_ID, admitted.caller().request_id.to_string())
        .body(Full::new(body.forward(&edits)))
}

/// A body up to a bound, given up when nothing arrives for too long.
async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    loop {
        match tokio::time::timeout(SILENCE_LIMIT, body.frame()).await {
            Ok(None) => return Ok(bytes.freeze()),
            Ok(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                if bytes.len() + data.len() > limit {
                    return Err(ErrorEnvelope::upstream("The model's server sent too large an answer.").into());
                }
                bytes.extend_from_slice(&data);
            }
            Ok(Some(Err(_))) => {
                return Err(
                    ErrorEnvelope::upstream("The model's server ended the answer before it was complete.").into(),
                );
            }
            Err(_) => return Err(silent()),
        }
    }
}

fn unreachable_worker(error: &hyper_util::client::legacy::Error) -> Refusal {
    tracing::warn!(%error, "a worker could not be reached");
    if error.is_connect() {
        Refusal::unavailable("The model's server can't be reached right now.")
    } else {
        ErrorEnvelope::upstream("The model's server broke off before it answered.").into()
    }
}

fn silent() -> Refusal {
    ErrorEnvelope::upstream("The model's server did not answer in time.").into()
}

/// When a request came in and when it was passed on.
struct Timing {
    received: Instant,
    sent: Instant,
}

impl Timing {
    fn tell(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(
            PROCESSING_MS,
            HeaderValue::from(self.received.elapsed().as_millis() as u64),
        );
        let overhead = (self.sent - self.received).as_secs_f64() * 1000.0;
        if let Ok(overhead) = HeaderValue::try_from(format!("{overhead:.3}")) {
            headers.insert(OVERHEAD_MS, overhead);
        }
    }
}
