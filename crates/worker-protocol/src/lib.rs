//! What a worker and the server say to each other.
//!
//! A worker speaks first, always: it registers once with its bootstrap token, then sends heartbeats with the token it got
//! in exchange. The server answers a heartbeat with a directive. Traffic in the other direction is inference only: the
//! gateway calls the worker's own address with the serving token.
//!
//! The gateway also asks what was made for a request whose caller left: `GET` [`produced_path`], answered with [`Produced`].
//!
//! Paths: `POST /internal/worker/register` (Bearer bootstrap token), `POST /internal/worker/heartbeat` (Bearer worker token).
//! A refused message is answered with an RFC 9457 problem; its `code` is one of [`codes`].

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Raised when a message changes incompatibly. The server refuses a worker that speaks a newer version than itself.
pub const PROTOCOL_VERSION: u32 = 1;

pub const REGISTER_PATH: &str = "/internal/worker/register";
pub const HEARTBEAT_PATH: &str = "/internal/worker/heartbeat";

/// Where a worker says what its engine made for a request; 404 where it can't tell.
pub const PRODUCED_PATH: &str = "/internal/requests/{id}/produced";

pub fn produced_path(request_id: Uuid) -> String {
    PRODUCED_PATH.replace("{id}", &request_id.to_string())
}

/// An estimate: engines count for all requests together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Produced {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
}

/// Problem codes a worker acts upon.
pub mod codes {
    /// The token is unknown, used up or revoked: there is nothing to retry, the worker stops its engine and exits.
    pub const TOKEN_REFUSED: &str = "worker_token_refused";
    /// Another boot already claimed this instance (a cloned disk): this one must not serve.
    pub const BOOT_CONFLICT: &str = "worker_boot_conflict";
    /// The server speaks an older protocol than this worker.
    pub const PROTOCOL_UNSUPPORTED: &str = "worker_protocol_unsupported";
}

/// Why a worker gives its engine up: the code of [`Phase::Failed`].
pub mod failures {
    /// The model's arguments are not ones that the engine may be given.
    pub const ENGINE_ARGUMENTS_REFUSED: &str = "engine_arguments_refused";
    /// The engine ended too often in a short while.
    pub const ENGINE_CRASH_LOOP: &str = "engine_crash_loop";
    /// There is no engine to run, or it may not be run.
    pub const ENGINE_NOT_FOUND: &str = "engine_not_found";
}

/// First message of a boot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisterRequest {
    pub protocol_version: u32,
    /// Made anew at each start of the worker process.
    pub boot_id: Uuid,
    pub worker_version: String,
    /// `host:port` where the gateway reaches this worker.
    pub address: String,
    pub hostname: String,
    #[serde(default)]
    pub gpus: Vec<Gpu>,
}

/// One GPU as the driver reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    pub index: u32,
    pub name: String,
    /// Bytes.
    pub memory_total: u64,
}

/// What the worker has to do, and the secrets it does it with. Registering again with the same boot id and the same bootstrap
/// token (a lost answer) gives a fresh worker token and the same assignment.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegisterResponse {
    pub instance_id: Uuid,
    /// Bearer for heartbeats.
    pub worker_token: String,
    /// Bearer that the gateway presents to the worker; anything else is answered 401.
    pub serving_token: String,
    pub heartbeat_interval_ms: u64,
    pub assignment: Assignment,
}

/// The model to serve and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The name requests carry and `/v1/models` of the engine lists.
    pub model_id: String,
    pub engine: Engine,
    pub engine_arguments: Vec<String>,
    /// Tokens.
    pub context_length: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    Mock,
    Vllm,
    LlamaCpp,
}

/// Sent every `heartbeat_interval_ms`, and at once when the phase changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeartbeatRequest {
    pub boot_id: Uuid,
    /// Rises by one with each message of a boot; an older one arriving late is ignored by the server.
    pub sequence: u64,
    pub phase: Phase,
    /// Requests the worker is serving right now, by its own count.
    pub in_flight: u32,
    /// The engine's own numbers; `None` means unknown, never idle.
    pub engine: Option<EngineReport>,
}

/// How far the worker has come. The order is the order of a normal start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Phase {
    /// Fetching the engine and the weights.
    Installing,
    /// The engine process was started; its port does not answer yet.
    EngineStarting,
    /// The engine answers, the model is not loaded.
    ModelLoading,
    /// The model is listed; waiting for the first real token.
    WarmingUp,
    /// One real token was generated and the probes stay good.
    Ready,
    /// Was ready; the engine's probe fails now.
    Degraded { message: String },
    /// A drain was asked for: no new requests, the running ones finish.
    Draining,
    /// The engine cannot be started: `code` is stable, `message` is for people.
    Failed { code: String, message: String },
}

/// One scrape of the engine's metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EngineReport {
    pub running: u32,
    pub waiting: u32,
    /// 0 to 1.
    pub kv_cache_usage: Option<f64>,
    pub prompt_tokens_total: u64,
    pub generation_tokens_total: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeartbeatResponse {
    pub directive: Directive,
    pub heartbeat_interval_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directive {
    Continue,
    /// Finish what runs, refuse what is new.
    Drain,
    /// Stop the engine and exit.
    Stop,
}
