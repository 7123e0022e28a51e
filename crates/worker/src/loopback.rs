//! The HTTP client to the engine. Connections are pooled; a response that is dropped before its end closes its connection,
//! which is how an engine learns that nobody waits any more.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;

/// Bytes of an answer that is read as a whole: metrics, lists of models, one token.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;
/// Shorter than the keep-alive of the engines (vLLM's server closes after 5 s), so that a connection is not reused while it
/// is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);

pub type EngineClient = Client<HttpConnector, Body>;

#[expect(clippy::disallowed_methods, reason = "the worker's way to its engine")]
pub fn client() -> EngineClient {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector)
}

/// Why the engine gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing accepts connections there.
    #[error("the engine's port does not answer")]
    Refused,
    #[error("the engine gave no answer in time")]
    TimedOut,
    #[error("the connection to the engine broke")]
    Broken,
}

/// An answer read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// The engine's own port, with time limits.
#[derive(Clone)]
pub struct EngineHttp {
    client: EngineClient,
    address: SocketAddr,
}

impl EngineHttp {
    pub fn new(client: EngineClient, address: SocketAddr) -> Self {
        Self { client, address }
    }

    pub async fn get(&self, path: &str, timeout: Duration) -> Result<Answer, CallError> {
        self.call(Method::GET, path, Body::empty(), timeout).await
    }

    pub async fn post(&self, path: &str, body: &Value, timeout: Duration) -> Result<Answer, CallError> {
        self.call(Method::POST, path, Body::from(body.to_string()), timeout)
            .await
    }

    async fn call(&self, method: Method, path: &str, body: Body, timeout: Duration) -> Result<Answer, CallError> {
        let request = Request::builder()
            .method(method)
            .uri(uri(self.address, path))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|_| CallError::Broken)?;
        let answered = async {
            let response: Response<Incoming> = self.client.request(request).await.map_err(|error| {
                if error.is_connect() {
                    CallError::Refused
                } else {
                    CallError::Broken
                }
            })?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_LIMIT).collect().await;
            Ok(Answer {
                status,
                body: body.map_err(|_| CallError::Broken)?.to_bytes(),
            })
        };
        tokio::time::timeout(timeout, answered)
            .await
            .unwrap_or(Err(CallError::TimedOut))
    }
}

/// `path` starts with a slash and is one of ours, so the address is always well formed.
pub fn uri(address: SocketAddr, path: &str) -> Uri {
    Uri::builder()
        .scheme("http")
        .authority(address.to_string())
        .path_and_query(path)
        .build()
        .unwrap_or_else(|_| Uri::from_static("/"))
}
