//! Versions of rows: the tag that an answer carries (`ETag`), and the one on which a change insists (`If-Match`).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};

/// The version of a row. It changes with everything that can be set, not with what only happens (a key's last use, a heartbeat).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// Of a row that knows when it was changed.
    pub fn of_change(at: DateTime<Utc>) -> Self {
        Self(format!("\"{}\"", at.timestamp_micros()))
    }

    /// Of a row that doesn't: `state` is all of it that can be set.
    pub fn of(state: &impl Serialize) -> Self {
        let text = serde_json::to_vec(state).unwrap_or_default();
        Self(format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])))
    }

    /// 200 with the row as it is now, under this tag.
    pub fn on(self, row: impl Serialize) -> Response {
        let tag = HeaderValue::try_from(self.0).unwrap_or(HeaderValue::from_static("\"\""));
        (StatusCode::OK, [(header::ETAG, tag)], Json(row)).into_response()
    }
}

/// The versions of a row that the caller accepts to change; without the header every one.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// To be asked under the row's lock.
    ///
    /// # Errors
    /// 412 `stale` when the row is at none of these versions.
    pub fn check(&self, current: &Tag) -> Result<()> {
        let accepted = |tags: &Vec<String>| tags.iter().any(|tag| tag == "*" || *tag == current.0);
        if self.0.as_ref().is_none_or(accepted) {
            return Ok(());
        }
        let detail = "Somebody else changed it in the meantime: read it again.";
        Err(Error::new(Kind::PreconditionFailed, ErrorCode::Stale, detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let values: Vec<_> = parts.headers.get_all(header::IF_MATCH).iter().collect();
        if values.is_empty() {
            return Ok(Self(None));
        }
        // A value that is not text matches no row. None of our tags holds a comma, so splitting at commas is safe.
        let texts = values.iter().map(|value| value.to_str().unwrap_or_default());
        let tags = texts.flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned());
        Ok(Self(Some(tags.collect())))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn sent(values: &[&[u8]]) -> IfMatch {
        let mut request = Request::new(());
        for value in values {
            let value = HeaderValue::from_bytes(value).unwrap();
            request.headers_mut().append(header::IF_MATCH, value);
        }
        let (mut parts, ()) = request.into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn a_change_is_refused_when_none_of_the_versions_is_the_current_one() {
        let current = Tag::of(&("a", 1));
        assert_eq!(current, Tag::of(&("a", 1)));
        let text = current.0.as_bytes();
        let both = [b"\"x\", ", text].concat();
        for accepted in [
            vec![],
            vec![text],
            vec![b"*".as_slice()],
            vec![&both],
            vec![b"\"x\"", text],
        ] {
            assert!(sent(&accepted).await.check(&current).is_ok(), "{accepted:?}");
        }
        let weak = [b"W/", text].concat();
        let other = Tag::of(&("a", 2));
        for refused in [b"\"x\"".as_slice(), b"", b"\xff", &weak, other.0.as_bytes()] {
            let error = sent(&[refused]).await.check(&current).unwrap_err();
            assert_eq!(
                (error.kind, error.code.as_str()),
                (Kind::PreconditionFailed, "stale"),
                "{refused:?}"
            );
        }
    }
}
