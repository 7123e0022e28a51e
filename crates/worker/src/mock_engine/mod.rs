//! An engine without a model: it speaks the OpenAI dialect of vLLM, generates a text that is known in advance, counts its
//! tokens by a rule a test can repeat, and misbehaves on request.
//!
//! It is started as a process of its own (`inventiv-worker mock-engine …`), so that whatever supervises it supervises a
//! real engine: it can crash, hang, load slowly and be killed.
//!
//! - [`text`]: what it says and how tokens are counted.
//! - [`request`]: what may be asked, including the `mock` member with speed and faults per request.
//! - [`generation`]: one token after the other, with queue, pace, faults and abort.
//! - [`answers`]: the JSON and SSE shapes.

mod answers;
mod completions;
mod embeddings;
mod generation;
mod metrics;
mod options;
pub mod request;
pub mod text;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use self::answers::{error, unix_now};
use self::metrics::Metrics;
pub use self::options::{EngineFault, MockEngineOptions};

/// Bytes of one request.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// One running mock engine.
pub(crate) struct MockEngine {
    options: MockEngineOptions,
    metrics: Metrics,
    /// One permit per request that may generate at the same time.
    seats: Arc<Semaphore>,
    loaded_at: Instant,
}

/// Serves until the process is killed. Fails when the address is taken or when the options ask for a crash at the start.
pub async fn serve(options: MockEngineOptions) -> anyhow::Result<()> {
    if options.fault == Some(EngineFault::CrashAtStart) {
        anyhow::bail!("crashing at the start, as asked");
    }
    let listener = TcpListener::bind(options.listen).await?;
    tracing::info!(address = %listener.local_addr()?, model = options.model, "mock engine listens");
    let listener = listener.tap_io(|stream| {
        // Without it small chunks wait for the acknowledgement of the last one.
        let _ = stream.set_nodelay(true);
    });
    let engine = Arc::new(MockEngine {
        seats: Arc::new(Semaphore::new(options.max_num_seqs as usize)),
        loaded_at: Instant::now() + Duration::from_millis(options.load_ms),
        metrics: Metrics::default(),
        options,
    });
    axum::serve(listener, router(engine)).await?;
    Ok(())
}

fn router(engine: Arc<MockEngine>) -> Router {
    let model_routes = Router::new()
        .route("/health", get(|| async { StatusCode::OK }))
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(completions::chat))
        .route("/v1/completions", post(completions::text))
        .route("/v1/embeddings", post(embeddings::embed))
        .route_layer(middleware::from_fn_with_state(engine.clone(), only_when_loaded));
    Router::new()
        .merge(model_routes)
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(engine)
}

async fn only_when_loaded(State(engine): State<Arc<MockEngine>>, request: Request, next: Next) -> Response {
    if Instant::now() < engine.loaded_at {
        return still_loading();
    }
    next.run(request).await
}

fn still_loading() -> Response {
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "ServiceUnavailableError",
        "the model is still loading",
    )
}

async fn models(State(engine): State<Arc<MockEngine>>) -> Response {
    let model = json!({
        "id": engine.options.model,
        "object": "model",
        "created": unix_now(),
        "owned_by": "inventiv-mock",
        "root": engine.options.model,
        "parent": null,
        "max_model_len": engine.options.context_length,
    });
    axum::Json(json!({"object": "list", "data": [model]})).into_response()
}

async fn metrics(State(engine): State<Arc<MockEngine>>) -> Response {
    let text = engine
        .metrics
        .render(&engine.options.model, engine.options.max_num_seqs);
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}
