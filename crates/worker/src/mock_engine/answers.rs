//! The JSON and SSE shapes of the answers.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::generation::Token;
use super::text::Answer;

/// Seconds since 1970.
pub(super) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// An error as current engines shape it; `code` is the status, a number.
pub(super) fn error(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, axum::Json(error_object(status, kind, message))).into_response()
}

pub(super) fn error_object(status: StatusCode, kind: &str, message: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": status.as_u16()}})
}

/// An error as older vLLM shapes it.
pub(super) fn flat_error(message: &str) -> Response {
    let status = StatusCode::BAD_REQUEST;
    let body = json!({
        "object": "error", "message": message, "type": "BadRequestError", "param": null, "code": status.as_u16(),
    });
    (status, axum::Json(body)).into_response()
}

/// Which of the two generating endpoints was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Chat,
    Text,
}

/// What every object of one answer repeats.
pub(super) struct Envelope {
    dialect: Dialect,
    id: String,
    created: u64,
    model: String,
}

impl Envelope {
    // A worker is a program of its own: the ids of the server's database are not made here.
    #[allow(clippy::disallowed_methods)]
    pub fn new(dialect: Dialect, model: String) -> Self {
        let prefix = match dialect {
            Dialect::Chat => "chatcmpl",
            Dialect::Text => "cmpl",
        };
        Self {
            dialect,
            id: format!("{prefix}-{}", Uuid::new_v4().simple()),
            created: unix_now(),
            model,
        }
    }

    fn object(&self, streamed: bool, choices: Vec<Value>, usage: Option<Value>) -> Value {
        let object = match (self.dialect, streamed) {
            (Dialect::Chat, false) => "chat.completion",
            (Dialect::Chat, true) => "chat.completion.chunk",
            (Dialect::Text, _) => "text_completion",
        };
        let mut value = json!({
            "id": self.id, "object": object, "created": self.created, "model": self.model, "choices": choices,
        });
        if let Some(usage) = usage {
            value["usage"] = usage;
        }
        value
    }

    /// The whole answer at once.
    pub fn complete(&self, answers: &[impl AsRef<Answer>], usage: Option<Value>) -> Value {
        let choice = |(index, answer): (usize, &Answer)| {
            let (text, finish_reason) = (answer.text(), answer.finish_reason.as_str());
            match self.dialect {
                Dialect::Chat => json!({
                    "index": index, "message": {"role": "assistant", "content": text},
                    "logprobs": null, "finish_reason": finish_reason,
                }),
                Dialect::Text => {
                    json!({"index": index, "text": text, "logprobs": null, "finish_reason": finish_reason})
                }
            }
        };
        self.object(
            false,
            answers.iter().map(AsRef::as_ref).enumerate().map(choice).collect(),
            usage,
        )
    }

    /// The chunk that opens a choice of a chat; a text completion has none.
    pub fn opening(&self, choice: usize, usage: Option<Value>) -> Option<Value> {
        let opened = json!({
            "index": choice, "delta": {"role": "assistant", "content": ""}, "logprobs": null, "finish_reason": null,
        });
        (self.dialect == Dialect::Chat).then(|| self.object(true, vec![opened], usage))
    }

    pub fn chunk(&self, token: &Token, usage: Option<Value>) -> Value {
        let finish_reason = token.finish_reason.map(|reason| reason.as_str());
        let choice = match self.dialect {
            Dialect::Chat => json!({
                "index": token.choice, "delta": {"content": token.text},
                "logprobs": null, "finish_reason": finish_reason,
            }),
            Dialect::Text => {
                json!({"index": token.choice, "text": token.text, "logprobs": null, "finish_reason": finish_reason})
            }
        };
        self.object(true, vec![choice], usage)
    }

    /// The last chunk when usage was asked for.
    pub fn usage_chunk(&self, usage: Value) -> Value {
        self.object(true, Vec::new(), Some(usage))
    }
}

pub(super) fn usage(prompt_tokens: u64, completion_tokens: u64) -> Value {
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    })
}

/// One server-sent event.
pub(super) fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}
