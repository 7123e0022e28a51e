//! The proof that an engine works: one token that it really generated.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::loopback::{CallError, EngineHttp};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum FirstTokenError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the engine answered {0}")]
    Status(StatusCode),
    #[error("the engine answered without a generated token")]
    NoToken,
}

/// Asks for one token of a chat, or of a completion when the model has no chat template. A model that only makes vectors
/// proves itself with one. `timeout` is for each attempt.
pub async fn generate_first_token(http: &EngineHttp, model: &str, timeout: Duration) -> Result<(), FirstTokenError> {
    let chat = json!({
        "model": model, "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 1, "temperature": 0, "stream": false,
    });
    let text = json!({"model": model, "prompt": "Hello", "max_tokens": 1, "temperature": 0, "stream": false});
    let vector = json!({"model": model, "input": "Hello"});
    let attempts = [
        ("/v1/chat/completions", chat),
        ("/v1/completions", text),
        ("/v1/embeddings", vector),
    ];
    let mut refusal = StatusCode::NOT_FOUND;
    for (path, body) in attempts {
        let answer = http.post(path, &body, timeout).await?;
        match answer.status {
            StatusCode::OK if has_result(&answer.body) => return Ok(()),
            StatusCode::OK => return Err(FirstTokenError::NoToken),
            // The model does not do this; another endpoint may.
            status @ (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED) => {
                refusal = status
            }
            status => return Err(FirstTokenError::Status(status)),
        }
    }
    Err(FirstTokenError::Status(refusal))
}

/// Counted by the engine, or visible in the text. A reasoning model's first token is in neither text, so the count is first.
fn has_result(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let is_counted = answer["usage"]["completion_tokens"]
        .as_u64()
        .is_some_and(|tokens| tokens > 0);
    let choice = &answer["choices"][0];
    let is_visible = [&choice["message"]["content"], &choice["text"]]
        .into_iter()
        .any(|text| text.as_str().is_some_and(|text| !text.is_empty()));
    let is_vector = answer["data"][0]["embedding"]
        .as_array()
        .is_some_and(|vector| !vector.is_empty());
    is_counted || is_visible || is_vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_counted_visible_or_a_vector_and_an_empty_answer_is_none() {
        for proof in [
            r#"{"choices":[{"message":{"content":null}}],"usage":{"completion_tokens":1}}"#,
            r#"{"choices":[{"message":{"content":"Hi"}}]}"#,
            r#"{"choices":[{"text":"Hi"}]}"#,
            r#"{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":1}}"#,
        ] {
            assert!(has_result(proof.as_bytes()), "{proof}");
        }
        for empty in [
            "",
            "{}",
            r#"{"choices":[{"message":{"content":""}}],"usage":{"completion_tokens":0}}"#,
        ] {
            assert!(!has_result(empty.as_bytes()), "{empty}");
        }
    }
}
