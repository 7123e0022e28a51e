//! A worker that answers as a test tells it, and remembers what it was asked.

#![expect(clippy::disallowed_methods, reason = "a server beside the test")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;

/// What a fake worker answers.
#[derive(Clone)]
pub enum EngineAnswer {
    Json(u16, &'static str),
    /// Events, then the end of the response.
    Events(&'static str),
    /// Events, then a broken connection.
    BrokenEvents(&'static str),
    /// Events, then silence.
    EndlessEvents(String),
    /// Never an answer, but this to whoever asks what was made.
    Nothing {
        produced: &'static str,
    },
}

#[derive(Clone)]
pub struct Seen {
    pub headers: HeaderMap,
    pub body: String,
}

pub struct Fake {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    server: tokio::task::JoinHandle<()>,
}

type Shared = (EngineAnswer, Arc<Mutex<Vec<Seen>>>);

impl Fake {
    pub async fn start(answer: EngineAnswer) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(respond).with_state((answer, Arc::clone(&seen)));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen, server }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn respond(State((answer, seen)): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    seen.lock().unwrap().push(Seen {
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let stream = [(header::CONTENT_TYPE, "text/event-stream")];
    match answer {
        EngineAnswer::Json(status, body) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        EngineAnswer::EndlessEvents(events) => {
            let sent = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(events))]);
            (stream, Body::from_stream(sent.chain(futures_util::stream::pending()))).into_response()
        }
        EngineAnswer::Nothing { produced } if uri.path().ends_with("/produced") => produced.into_response(),
        EngineAnswer::Nothing { .. } => std::future::pending().await,
        EngineAnswer::Events(events) => (stream, events).into_response(),
        EngineAnswer::BrokenEvents(events) => {
            let sent = futures_util::stream::iter([Ok(Bytes::from_static(events.as_bytes()))]);
            let broken = futures_util::stream::once(async {
                // The server writes what it has when it has to wait.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("broken, as asked"))
            });
            (stream, Body::from_stream(sent.chain(broken))).into_response()
        }
    }
}
