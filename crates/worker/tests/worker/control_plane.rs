//! A server that registers one worker, remembers everything it hears, and can be told to misbehave.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;
use worker_protocol::{
    Assignment, Directive, Engine, HEARTBEAT_PATH, HeartbeatRequest, HeartbeatResponse, Phase, REGISTER_PATH,
    RegisterRequest, RegisterResponse,
};

use crate::client::DEADLINE;

pub const BOOTSTRAP_TOKEN: &str = "bootstrap-token-for-tests";
pub const WORKER_TOKEN: &str = "worker-token-for-tests";
pub const SERVING_TOKEN: &str = "serving-token-for-tests";

/// How a registration is answered; the last one of the list goes on for ever.
#[derive(Clone, Copy)]
pub enum Registration {
    Accept,
    /// Done, but the answer does not arrive.
    LoseAnswer,
    Unavailable,
    Refuse(&'static str),
}

pub struct ControlPlane {
    pub url: String,
    server: JoinHandle<()>,
    shared: Arc<Shared>,
}

struct Shared {
    assignment: Assignment,
    answers: Mutex<Vec<Registration>>,
    directive: Mutex<Result<Directive, &'static str>>,
    registrations: watch::Sender<Vec<RegisterRequest>>,
    heartbeats: watch::Sender<Vec<HeartbeatRequest>>,
}

pub fn mock_assignment(arguments: &[&str]) -> Assignment {
    Assignment {
        model_id: "demo".to_owned(),
        engine: Engine::Mock,
        engine_arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        context_length: 4096,
    }
}

impl ControlPlane {
    pub async fn start(assignment: Assignment, answers: &[Registration]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            assignment,
            answers: Mutex::new(answers.to_vec()),
            directive: Mutex::new(Ok(Directive::Continue)),
            registrations: watch::Sender::new(Vec::new()),
            heartbeats: watch::Sender::new(Vec::new()),
        });
        let router = Router::new()
            .route(REGISTER_PATH, post(register))
            .route(HEARTBEAT_PATH, post(heartbeat))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, server, shared }
    }

    /// Heartbeats are answered so from now on; `Err` is a refusal with this code.
    pub fn answer_heartbeats(&self, directive: Result<Directive, &'static str>) {
        *self.shared.directive.lock().unwrap() = directive;
    }

    /// Every heartbeat fails from now on.
    pub fn goes_away(&self) {
        self.answer_heartbeats(Err("some_outage"));
    }

    pub fn registrations(&self) -> Vec<RegisterRequest> {
        self.shared.registrations.borrow().clone()
    }

    pub fn heartbeats(&self) -> Vec<HeartbeatRequest> {
        self.shared.heartbeats.borrow().clone()
    }

    pub async fn registered(&self, times: usize) -> Vec<RegisterRequest> {
        let mut registrations = self.shared.registrations.subscribe();
        let waiting = registrations.wait_for(|list| list.len() >= times);
        tokio::time::timeout(DEADLINE, waiting)
            .await
            .expect("no registration")
            .unwrap()
            .clone()
    }

    /// Waits for a heartbeat after the first `after` ones, and returns it with its position.
    pub async fn heartbeat_after(
        &self,
        after: usize,
        what: &str,
        wanted: impl Fn(&HeartbeatRequest) -> bool,
    ) -> (usize, HeartbeatRequest) {
        let mut heartbeats = self.shared.heartbeats.subscribe();
        let position = |list: &Vec<HeartbeatRequest>| list.iter().skip(after).position(&wanted);
        let waiting = heartbeats.wait_for(|list| position(list).is_some());
        match tokio::time::timeout(DEADLINE, waiting).await {
            Ok(list) => {
                let list = list.unwrap();
                let index = after + position(&list).unwrap();
                (index, list[index].clone())
            }
            Err(_) => panic!("no heartbeat with {what}; the last: {:?}", self.heartbeats().last()),
        }
    }

    pub async fn ready(&self) -> (usize, HeartbeatRequest) {
        self.heartbeat_after(0, "phase ready", |heartbeat| heartbeat.phase == Phase::Ready)
            .await
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    let body = json!({"type": "about:blank", "title": "refused", "status": status.as_u16(), "code": code});
    (
        status,
        [(header::CONTENT_TYPE, "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}

fn has_bearer(headers: &HeaderMap, token: &str) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| *value == format!("Bearer {token}"))
}

async fn register(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<RegisterRequest>,
) -> Response {
    if !has_bearer(&headers, BOOTSTRAP_TOKEN) {
        return problem(StatusCode::UNAUTHORIZED, worker_protocol::codes::TOKEN_REFUSED);
    }
    shared.registrations.send_modify(|list| list.push(request));
    let answer = {
        let mut answers = shared.answers.lock().unwrap();
        if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0]
        }
    };
    match answer {
        Registration::Accept => Json(RegisterResponse {
            instance_id: Uuid::nil(),
            worker_token: WORKER_TOKEN.to_owned(),
            serving_token: SERVING_TOKEN.to_owned(),
            heartbeat_interval_ms: 100,
            assignment: shared.assignment.clone(),
        })
        .into_response(),
        Registration::LoseAnswer => {
            let broken = futures_util::stream::iter([Err::<String, _>(std::io::Error::other("lost"))]);
            Body::from_stream(broken).into_response()
        }
        Registration::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Registration::Refuse(code) => problem(StatusCode::FORBIDDEN, code),
    }
}

async fn heartbeat(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<HeartbeatRequest>,
) -> Response {
    if !has_bearer(&headers, WORKER_TOKEN) {
        return problem(StatusCode::UNAUTHORIZED, worker_protocol::codes::TOKEN_REFUSED);
    }
    shared.heartbeats.send_modify(|list| list.push(request));
    match *shared.directive.lock().unwrap() {
        Ok(directive) => Json(HeartbeatResponse {
            directive,
            heartbeat_interval_ms: 100,
        })
        .into_response(),
        Err(code) => problem(StatusCode::FORBIDDEN, code),
    }
}
