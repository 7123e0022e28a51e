//! JSON bodies of our own API. Reading is separate from parsing: a use case parses only after it has decided that the caller
//! may do the thing and that the thing exists, so that refusals come in one order everywhere.

use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, FieldError, Kind, Result};

/// Largest body of our own API, in bytes.
pub const LIMIT: usize = 1024 * 1024;

/// A body that was read but not looked at. [`JsonBody::parse`] does.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    bytes: Bytes,
    is_json: bool,
    is_encoded: bool,
    target: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonBody<T> {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// # Errors
    /// 415 without a JSON content type or when it is compressed, 400 when it isn't JSON, 422 naming the field that breaks the shape.
    pub fn parse(&self) -> Result<T> {
        if self.is_encoded {
            return Err(Error::new(
                Kind::UnsupportedMediaType,
                ErrorCode::UnsupportedContentEncoding,
                SEND_IT_PLAIN,
            ));
        }
        if !self.is_json {
            return Err(Error::new(
                Kind::UnsupportedMediaType,
                ErrorCode::UnsupportedMediaType,
                "Send the body with Content-Type: application/json.",
            ));
        }
        if self.bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(not_an_object(&self.bytes));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&self.bytes);
        let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(shape_error)?;
        deserializer.end().map_err(|error| malformed(&error))?;
        Ok(parsed)
    }
}

/// What whoever compressed a body is told.
pub const SEND_IT_PLAIN: &str = "Compressed bodies are not read: send it as it is, without Content-Encoding.";

/// Whether the body must be decoded before it can be read.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(header::CONTENT_ENCODING);
    encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

impl<S: Send + Sync, T> FromRequest<S> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                essence == "application/json" || essence.ends_with("+json")
            });
        let is_encoded = is_encoded(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            use axum::response::IntoResponse as _;
            if rejection.into_response().status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                Error::new(
                    Kind::TooLarge,
                    ErrorCode::BodyTooLarge { max_kib: LIMIT / 1024 },
                    format!("The body is larger than {} KiB.", LIMIT / 1024),
                )
            } else {
                Error::new(
                    Kind::BadRequest,
                    ErrorCode::UnreadableBody,
                    "The body could not be read to its end.",
                )
            }
        })?;
        Ok(Self {
            bytes,
            is_json,
            is_encoded,
            target: PhantomData,
        })
    }
}

/// Arrays above all: they would be read as the fields in the order in which they happen to be declared.
fn not_an_object(bytes: &[u8]) -> Error {
    match serde_json::from_slice::<IgnoredAny>(bytes) {
        Ok(_) => Error::invalid("body", FieldCode::WrongType, "must be a JSON object"),
        Err(error) => malformed(&error),
    }
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::new(
        Kind::BadRequest,
        ErrorCode::MalformedJson,
        format!("The body is not valid JSON: {error}."),
    )
}

fn shape_error(error: serde_path_to_error::Error<serde_json::Error>) -> Error {
    let path = error.path().to_string();
    let inner = error.into_inner();
    if !inner.is_data() {
        return malformed(&inner);
    }
    let text = inner.to_string();
    let message = text.split(" at line ").next().unwrap_or_default().to_owned();
    let named = |start: &str| {
        message
            .strip_prefix(start)
            .and_then(|rest| rest.split('`').next())
            .map(str::to_owned)
    };
    let path = if path == "." { String::new() } else { path };
    let below = |name: String| {
        if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        }
    };
    let (field, code, message) = if let Some(name) = named("missing field `") {
        (below(name), FieldCode::Required, "is required".to_owned())
    } else if let Some(name) = named("unknown field `") {
        // The path of an unknown field already ends with its own name.
        (
            if path.ends_with(&name) { path } else { below(name) },
            FieldCode::UnknownField,
            "is not a field of this request".to_owned(),
        )
    } else {
        (path, FieldCode::WrongType, message)
    };
    Error::invalid_fields(vec![FieldError::new(field, code, message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        #[expect(dead_code)]
        name: String,
        #[expect(dead_code)]
        inner: Option<Inner>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code)]
        size: u32,
    }

    fn parse(text: &'static str) -> Error {
        let body: JsonBody<Shape> = JsonBody {
            bytes: Bytes::from_static(text.as_bytes()),
            is_json: true,
            is_encoded: false,
            target: PhantomData,
        };
        body.parse().unwrap_err()
    }

    #[test]
    fn a_shape_error_names_the_field_and_the_rule() {
        let cases = [
            (r#"{}"#, "name", "required"),
            (r#" ["a"]"#, "body", "wrong_type"),
            ("null", "body", "wrong_type"),
            (r#"{"name":"a","extra":1}"#, "extra", "unknown_field"),
            (r#"{"name":1}"#, "name", "wrong_type"),
            (r#"{"name":"a","inner":{"size":-1}}"#, "inner.size", "wrong_type"),
            (
                r#"{"name":"a","inner":{"size":1,"more":2}}"#,
                "inner.more",
                "unknown_field",
            ),
        ];
        for (text, field, code) in cases {
            let error = parse(text);
            assert_eq!(error.kind, Kind::Invalid, "{text}");
            assert_eq!(
                (error.fields[0].field.as_str(), error.fields[0].code.as_str()),
                (field, code),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        for text in ["", "{", "[1", "nul", "{\"name\":\"a\"} trailing"] {
            assert_eq!(parse(text).kind, Kind::BadRequest, "{text}");
        }
    }
}
