//! A worker whose engine answers at once: what is measured in front of it is not its own work.
//!
//! A request may ask for a stream of a certain length and pace: `{"stream": true, "bench": {"tokens": 50, "every_ms": 20}}`.

use std::convert::Infallible;
use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;
use worker_protocol::{
    Directive, HEARTBEAT_PATH, HeartbeatRequest, HeartbeatResponse, PROTOCOL_VERSION, Phase, REGISTER_PATH,
    RegisterRequest, RegisterResponse,
};

use crate::WorkerOptions;

/// What the log of the Mock cloud's machine says before the address.
pub const LISTENS_ON: &str = "upstream listens on ";
/// Tokens of every answer that is not streamed.
pub const ANSWER_TOKENS: u64 = 16;

const BEGIN_OF_CHUNK: &str =
    r#"data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,"model":"mock/echo","choices":"#;

pub async fn run(options: &WorkerOptions) -> anyhow::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "{LISTENS_ON}{address}")?;
    tokio::select! {
        outcome = keep_in_touch(&options.control_plane_url, address.to_string()) => outcome,
        outcome = serve(listener) => outcome,
    }
}

// As in the real worker: the ids of the server's database are not made here.
#[allow(clippy::disallowed_methods)]
async fn keep_in_touch(control_plane: &str, address: String) -> anyhow::Result<()> {
    let http = reqwest::Client::new();
    let boot_id = Uuid::new_v4();
    let token = std::env::var("INVENTIV_WORKER_BOOTSTRAP_TOKEN").context("no bootstrap token")?;
    let registered: RegisterResponse = http
        .post(format!("{control_plane}{REGISTER_PATH}"))
        .bearer_auth(token)
        .json(&RegisterRequest {
            protocol_version: PROTOCOL_VERSION,
            boot_id,
            worker_version: env!("CARGO_PKG_VERSION").to_owned(),
            address,
            hostname: "bench".to_owned(),
            gpus: Vec::new(),
        })
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let mut sequence = 0;
    loop {
        sequence += 1;
        let told: HeartbeatResponse = http
            .post(format!("{control_plane}{HEARTBEAT_PATH}"))
            .bearer_auth(&registered.worker_token)
            .json(&HeartbeatRequest {
                boot_id,
                sequence,
                phase: Phase::Ready,
                in_flight: 0,
                engine: None,
            })
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        if told.directive == Directive::Stop {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(told.heartbeat_interval_ms)).await;
    }
}

async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    loop {
        let (connection, _) = listener.accept().await?;
        tokio::spawn(serve_connection(connection));
    }
}

async fn serve_connection(connection: TcpStream) {
    let _ = connection.set_nodelay(true);
    // A client that leaves is no failure here.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service_fn(answer))
        .await;
}

type Answer = UnsyncBoxBody<Bytes, Infallible>;

async fn answer(request: Request<Incoming>) -> Result<Response<Answer>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if asked["stream"] != true {
        let whole = Full::new(Bytes::from(whole_answer())).boxed_unsync();
        return Ok(with_type("application/json", whole));
    }
    let tokens = asked["bench"]["tokens"].as_u64().unwrap_or(ANSWER_TOKENS);
    let pace = Duration::from_millis(asked["bench"]["every_ms"].as_u64().unwrap_or(0));
    Ok(with_type("text/event-stream", stream_answer(tokens, pace)))
}

fn with_type(content_type: &'static str, body: Answer) -> Response<Answer> {
    let mut response = Response::new(body);
    let value = hyper::header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, value);
    response
}

fn whole_answer() -> String {
    let text = "token ".repeat(ANSWER_TOKENS as usize);
    json!({
        "id": "chatcmpl-bench", "object": "chat.completion", "created": 1, "model": "mock/echo",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "logprobs": null, "finish_reason": "stop"}],
        "usage": usage(ANSWER_TOKENS),
    })
    .to_string()
}

fn usage(tokens: u64) -> Value {
    json!({"prompt_tokens": 8, "completion_tokens": tokens, "total_tokens": 8 + tokens})
}

/// One event per token at the given pace, the first at once; then usage and the end.
fn stream_answer(tokens: u64, pace: Duration) -> Answer {
    let events = stream::iter(0..tokens).then(move |index| async move {
        if index > 0 && !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        let choice = r#"[{"index":0,"delta":{"content":"token "},"logprobs":null,"finish_reason":null}]"#;
        format!("{BEGIN_OF_CHUNK}{choice},\"usage\":{}}}\n\n", usage(index + 1))
    });
    let last = format!("{BEGIN_OF_CHUNK}[],\"usage\":{}}}\n\ndata: [DONE]\n\n", usage(tokens));
    let frames = events
        .chain(stream::once(async move { last }))
        .map(|event| Ok(Frame::data(Bytes::from(event))));
    StreamBody::new(frames).boxed_unsync()
}
