//! Errors as OpenAI's clients read them.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use openai_api::ErrorEnvelope;

use crate::codes::ErrorCode;
use crate::error::{Error, Kind};

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// A request that is not served, or not to its end.
#[derive(Debug)]
pub struct Refusal {
    pub envelope: ErrorEnvelope,
    pub retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// 503, worth another try soon.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self {
            envelope: ErrorEnvelope::service_unavailable(message),
            retry_after_seconds: Some(2),
        }
    }
}

impl From<ErrorEnvelope> for Refusal {
    fn from(envelope: ErrorEnvelope) -> Self {
        // An engine that is overloaded or not ready answers so too.
        let retry_after_seconds = (envelope.status == 503).then_some(1);
        Self {
            envelope,
            retry_after_seconds,
        }
    }
}

/// Our own errors (sessions, the database) in OpenAI's shape. Their codes stay.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = error.kind.status().as_u16();
        match error.kind {
            Kind::Unauthenticated if error.code == ErrorCode::Unauthenticated => {
                ErrorEnvelope::invalid_api_key().into()
            }
            Kind::Internal => {
                tracing::error!(%error, "a gateway request failed");
                ErrorEnvelope::internal().into()
            }
            Kind::Unavailable => {
                tracing::error!(%error, "a gateway request could not be served");
                Self::unavailable(error.detail)
            }
            Kind::Forbidden => {
                ErrorEnvelope::new(status, "permission_error", Some(error.code.as_str()), error.detail).into()
            }
            _ => ErrorEnvelope::new(status, "invalid_request_error", Some(error.code.as_str()), error.detail).into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self {
            envelope,
            retry_after_seconds,
        } = self;
        let code = envelope.code.clone().unwrap_or_default().into_owned();
        metrics::counter!("gateway_errors_total", "status" => envelope.status.to_string(), "code" => code).increment(1);
        let status = StatusCode::from_u16(envelope.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, envelope.to_json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(retry) = envelope.should_retry() {
            let value = if retry { "true" } else { "false" };
            headers.insert(SHOULD_RETRY, HeaderValue::from_static(value));
        }
        if let Some(seconds) = retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            headers.insert(RETRY_AFTER_MS, HeaderValue::from(seconds * 1000));
        }
        response
    }
}
