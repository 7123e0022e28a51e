//! The one error shape clients see, and how an engine's error becomes it.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// An upstream message longer than this is cut: it is for people to read.
const MAX_MESSAGE_BYTES: usize = 2048;

/// An OpenAI error: `{"error":{"message","type","param","code"}}`, all four always present, `code` a string or null.
///
/// `status` is the HTTP status it belongs to; it is not part of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorEnvelope {
    /// HTTP status.
    pub status: u16,
    /// What happened and what to do, for people.
    pub message: String,
    /// The family of the error (`type` in the body).
    pub kind: Cow<'static, str>,
    /// The request member at fault.
    pub param: Option<String>,
    /// What programs compare.
    pub code: Option<Cow<'static, str>>,
}

/// What a rate limit counts; becomes the error's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitedBy {
    /// Requests per minute.
    Requests,
    /// Tokens per minute.
    Tokens,
}

const INVALID_REQUEST: &str = "invalid_request_error";
const SERVER_ERROR: &str = "server_error";
const UPSTREAM_ERROR: &str = "upstream_error";

impl ErrorEnvelope {
    /// Any error of ours, with its code.
    pub fn new(status: u16, kind: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: kind.into(),
            param: None,
            code: code.map(Cow::Borrowed),
        }
    }

    /// Names the request member at fault.
    #[must_use]
    pub fn with_param(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    /// 400: the request itself is at fault.
    pub fn invalid_request(message: impl Into<String>, param: Option<&str>) -> Self {
        Self {
            param: param.map(str::to_owned),
            ..Self::new(400, INVALID_REQUEST, None, message)
        }
    }

    /// 401: no key, an unknown one, a revoked one. The same words for all, so that nothing can be probed.
    pub fn invalid_api_key() -> Self {
        Self::new(
            401,
            INVALID_REQUEST,
            Some("invalid_api_key"),
            "The API key is missing or not valid. Send a valid key as `Authorization: Bearer <key>`.",
        )
    }

    /// 403: the key is valid and does not have `scope`.
    pub fn missing_scope(scope: &str) -> Self {
        let message = format!("This API key does not have the scope `{scope}`.");
        Self::new(403, "permission_error", Some("missing_scope"), message)
    }

    /// 404: no such model for this key, whether it does not exist or is not allowed.
    pub fn model_not_found(model: &str) -> Self {
        let message = format!("There is no model `{}` that this key may use.", clip(model));
        Self::new(404, INVALID_REQUEST, Some("model_not_found"), message).with_param("model")
    }

    /// 403: the model exists and is switched off; `missing` are the activations it lacks.
    pub fn model_not_operational(model: &str, missing: &[&str]) -> Self {
        let lacks = if missing.is_empty() {
            String::new()
        } else {
            format!(" Missing: {}.", missing.join(", "))
        };
        let message = format!("The model `{}` is not operational.{lacks}", clip(model));
        Self::new(403, "permission_error", Some("model_not_operational"), message).with_param("model")
    }

    /// 429: a budget or the wallet is empty. `message` says which and who can change it. Retrying is useless.
    pub fn insufficient_quota(message: impl Into<String>) -> Self {
        Self::new(429, "insufficient_quota", Some("insufficient_quota"), message)
    }

    /// 429: too fast; worth retrying.
    pub fn rate_limit_exceeded(limited_by: LimitedBy, message: impl Into<String>) -> Self {
        let kind = match limited_by {
            LimitedBy::Requests => "requests",
            LimitedBy::Tokens => "tokens",
        };
        Self::new(429, kind, Some("rate_limit_exceeded"), message)
    }

    /// 413: the body is larger than `limit_bytes`.
    pub fn request_too_large(limit_bytes: usize) -> Self {
        let message = format!("The request body is larger than {limit_bytes} bytes.");
        Self::new(413, INVALID_REQUEST, Some("request_too_large"), message)
    }

    /// 503: nobody can answer now; worth retrying.
    pub fn service_unavailable(message: impl Into<String>) -> Self {
        Self::new(503, SERVER_ERROR, Some("service_unavailable"), message)
    }

    /// 500: our fault. Says nothing about what happened; the request id leads to it.
    pub fn internal() -> Self {
        Self::new(
            500,
            SERVER_ERROR,
            Some("internal_error"),
            "The server could not process this request.",
        )
    }

    /// 502: the model's server failed, or cut its answer short.
    pub fn upstream(message: impl Into<String>) -> Self {
        Self::new(502, UPSTREAM_ERROR, Some(UPSTREAM_ERROR), message)
    }

    /// For `x-should-retry`: `Some(false)` when trying again cannot help although the status suggests it.
    pub fn should_retry(&self) -> Option<bool> {
        matches!(
            self.code.as_deref(),
            Some("insufficient_quota" | "model_not_operational")
        )
        .then_some(false)
    }

    /// The response body.
    pub fn to_json(&self) -> Bytes {
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// The error as a stream event: `data: {"error":…}` and a blank line.
    pub fn to_event(&self) -> Bytes {
        let json = self.to_json();
        let mut event = Vec::with_capacity(json.len() + 8);
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(&json);
        event.extend_from_slice(b"\n\n");
        event.into()
    }
}

impl Serialize for ErrorEnvelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: Error<'a>,
        }
        #[derive(Serialize)]
        struct Error<'a> {
            message: &'a str,
            r#type: &'a str,
            param: Option<&'a str>,
            code: Option<&'a str>,
        }
        let error = Error {
            message: &self.message,
            r#type: &self.kind,
            param: self.param.as_deref(),
            code: self.code.as_deref(),
        };
        Envelope { error }.serialize(serializer)
    }
}

/// What an engine answered instead of a result, as the client gets it.
///
/// Reads vLLM's flat object (before 0.10.1) and nested one (integer `code`), llama.cpp's, FastAPI's `detail`, and
/// answers that are empty, HTML or otherwise not JSON. An engine that refuses *our* credentials or redirects is
/// our failure, not the caller's: 502, and its words stay here.
pub fn normalise_upstream(status: u16, body: &[u8]) -> ErrorEnvelope {
    if !(400..600).contains(&status) || matches!(status, 401 | 403 | 407) {
        return ErrorEnvelope::upstream(format!("The model's server answered with status {status}."));
    }
    let parsed = serde_json::from_slice(body)
        .ok()
        .and_then(|value| from_value(status, &value));
    parsed.unwrap_or_else(|| unreadable(status))
}

/// An error that arrived inside a stream or inside a 200: the status is in the body or unknown.
pub(crate) fn normalise_in_band(body: &[u8]) -> ErrorEnvelope {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    let status = value
        .as_ref()
        .and_then(|value| value.pointer("/error/code").or_else(|| value.get("code")))
        .and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .unwrap_or(500);
    value
        .and_then(|value| from_value(status, &value))
        .unwrap_or_else(|| unreadable(status))
}

fn unreadable(status: u16) -> ErrorEnvelope {
    let kind = if status >= 500 { UPSTREAM_ERROR } else { INVALID_REQUEST };
    let message = format!("The model's server answered with status {status} and no readable explanation.");
    ErrorEnvelope::new(status, kind, Some(UPSTREAM_ERROR), message)
}

fn from_value(status: u16, value: &Value) -> Option<ErrorEnvelope> {
    let error = match value.get("error") {
        Some(Value::Null) | None => value,
        Some(nested) => nested,
    };
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let message = match error {
        Value::String(message) => message.clone(),
        _ => text("message")
            .map(str::to_owned)
            .or_else(|| detail(error.get("detail")?))?,
    };
    let upstream_kind = text("type").unwrap_or_default();
    let param = text("param").map(str::to_owned);
    let code = match error.get("code").and_then(Value::as_str) {
        // A number in quotes is a status, not a code.
        Some(code) if !code.is_empty() && code.parse::<u64>().is_err() => Some(Cow::Owned(code.to_owned())),
        _ => known_code(status, upstream_kind, param.as_deref(), &message).map(Cow::Borrowed),
    };
    Some(ErrorEnvelope {
        status,
        message: clip(&message).to_owned(),
        kind: kind_of(status, upstream_kind),
        param,
        code,
    })
}

/// Clients branch on these codes, and the engines say the same in other words.
fn known_code(status: u16, kind: &str, param: Option<&str>, message: &str) -> Option<&'static str> {
    let too_long = kind == "exceed_context_size_error"
        || (status == 400 && (message.contains("maximum context length") || message.contains("maximum model length")));
    match (status, param) {
        _ if too_long => Some("context_length_exceeded"),
        (404, Some("model")) => Some("model_not_found"),
        (429, _) => Some("rate_limit_exceeded"),
        (503, _) => Some("service_unavailable"),
        _ => None,
    }
}

/// Python class names and llama.cpp's own types become the family that belongs to the status.
fn kind_of(status: u16, upstream_kind: &str) -> Cow<'static, str> {
    match (upstream_kind, status) {
        (INVALID_REQUEST | SERVER_ERROR | "rate_limit_error" | "insufficient_quota", _) => {
            upstream_kind.to_owned().into()
        }
        (_, 429) => "rate_limit_error".into(),
        (_, 500..) => SERVER_ERROR.into(),
        _ => INVALID_REQUEST.into(),
    }
}

/// FastAPI's `detail`: a sentence, or a list of `{loc, msg}`.
fn detail(detail: &Value) -> Option<String> {
    match detail {
        Value::String(text) => Some(text.clone()),
        Value::Array(entries) => {
            let messages: Vec<_> = entries
                .iter()
                .filter_map(|entry| entry.get("msg")?.as_str())
                .take(8)
                .collect();
            (!messages.is_empty()).then(|| messages.join("; "))
        }
        _ => None,
    }
}

fn clip(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_MESSAGE_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(envelope: &ErrorEnvelope) -> Value {
        serde_json::from_slice(&envelope.to_json()).unwrap()
    }

    #[test]
    fn the_envelope_always_has_its_four_members() {
        assert_eq!(
            json(&ErrorEnvelope::invalid_request("no", None)),
            serde_json::json!({"error": {"message": "no", "type": "invalid_request_error", "param": null, "code": null}})
        );
        let not_found = json(&ErrorEnvelope::model_not_found("acme/bot"));
        assert_eq!(not_found["error"]["code"], "model_not_found");
        assert_eq!(not_found["error"]["param"], "model");
    }

    #[test]
    fn an_empty_wallet_is_not_worth_a_retry_but_a_rate_limit_is() {
        assert_eq!(ErrorEnvelope::insufficient_quota("empty").should_retry(), Some(false));
        assert_eq!(
            ErrorEnvelope::model_not_operational("m", &["tech"]).should_retry(),
            Some(false)
        );
        assert_eq!(
            ErrorEnvelope::rate_limit_exceeded(LimitedBy::Tokens, "slow down").should_retry(),
            None
        );
    }

    #[test]
    fn both_shapes_of_vllm_become_one() {
        let flat = br#"{"object":"error","message":"top_p must be in (0, 1]","type":"BadRequestError","param":null,"code":400}"#;
        let nested =
            br#"{"error":{"message":"top_p must be in (0, 1]","type":"BadRequestError","param":null,"code":400}}"#;
        let expected = ErrorEnvelope::invalid_request("top_p must be in (0, 1]", None);
        assert_eq!(normalise_upstream(400, flat), expected);
        assert_eq!(normalise_upstream(400, nested), expected);
    }

    #[test]
    fn integer_codes_become_the_codes_clients_compare() {
        let not_found = br#"{"error":{"message":"no model","type":"NotFoundError","param":"model","code":404}}"#;
        assert_eq!(
            normalise_upstream(404, not_found).code.as_deref(),
            Some("model_not_found")
        );
        let too_long = br#"{"error":{"code":400,"message":"the request exceeds the context","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}"#;
        let too_long = normalise_upstream(400, too_long);
        assert_eq!(too_long.code.as_deref(), Some("context_length_exceeded"));
        assert_eq!(too_long.kind, "invalid_request_error");
        let loading = br#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#;
        let loading = normalise_upstream(503, loading);
        assert_eq!(
            (loading.kind.as_ref(), loading.code.as_deref()),
            ("server_error", Some("service_unavailable"))
        );
        let quoted = normalise_upstream(400, br#"{"error":{"message":"bad","code":"400"}}"#);
        assert_eq!(quoted.code, None);
    }

    #[test]
    fn a_bare_string_and_a_list_of_details_are_read() {
        assert_eq!(
            normalise_upstream(500, br#"{"error":"out of memory"}"#).message,
            "out of memory"
        );
        assert_eq!(
            normalise_upstream(404, br#"{"detail":"Not Found"}"#).message,
            "Not Found"
        );
        let list = br#"{"detail":[{"loc":["body","n"],"msg":"must be positive"},{"msg":"and small"}]}"#;
        assert_eq!(normalise_upstream(422, list).message, "must be positive; and small");
    }

    #[test]
    fn what_cannot_be_read_still_makes_an_envelope() {
        for body in [
            &b""[..],
            b"<html><body>Bad Gateway</body></html>",
            b"null",
            b"[]",
            b"{}",
            b"\xff\xfe",
            b"{\"error\":{}}",
        ] {
            let envelope = normalise_upstream(502, body);
            assert_eq!(
                (envelope.status, envelope.code.as_deref()),
                (502, Some("upstream_error"))
            );
            assert!(!envelope.message.contains('<'));
        }
    }

    #[test]
    fn an_engine_that_refuses_us_or_redirects_is_a_bad_gateway_and_its_words_stay_here() {
        for status in [302, 401, 403] {
            let envelope = normalise_upstream(status, br#"{"error":"wrong key sk-1"}"#);
            assert_eq!(envelope.status, 502);
            assert!(!envelope.message.contains("sk-1"));
        }
    }

    #[test]
    fn a_very_long_message_is_cut_between_characters() {
        let body = serde_json::json!({"error": {"message": "é".repeat(5000)}}).to_string();
        let message = normalise_upstream(500, body.as_bytes()).message;
        assert!(message.len() <= MAX_MESSAGE_BYTES && message.chars().all(|character| character == 'é'));
    }

    #[test]
    fn an_error_inside_a_stream_brings_its_own_status() {
        let flat = br#"{"object":"error","message":"bad image","type":"BadRequestError","code":400}"#;
        assert_eq!(normalise_in_band(flat).status, 400);
        assert_eq!(normalise_in_band(br#"{"error":{"message":"x"}}"#).status, 500);
        assert_eq!(normalise_in_band(br#"{"error":"dead"}"#).message, "dead");
    }
}
