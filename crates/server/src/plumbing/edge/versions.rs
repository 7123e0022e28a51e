//! Versions of rows: the tag that an answer carries (`ETag`), and the one on which a change insists (`If-Match`).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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
        let accepted = |tags: &Vec<String>| tags.iter().any(|tag| tag == "*" || same(tag, &current.0));
        if self.0.as_ref().is_none_or(accepted) {
            return Ok(());
        }
        let detail = "Somebody else changed it in the meantime: read it again.";
        Err(Error::new(Kind::PreconditionFailed, ErrorCode::Stale, detail))
    }
}

/// Does the browser have this very version of a page or an asset (`If-None-Match`)?
pub fn is_known(request: &HeaderMap, current: &str) -> bool {
    listed(request, &header::IF_NONE_MATCH).any(|tag| tag == "*" || same(tag, current))
}

/// The tags of every line of a header. A value that is not text names none. None of our tags holds a comma, so splitting at commas is safe.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let texts = headers
        .get_all(name)
        .into_iter()
        .map(|value| value.to_str().unwrap_or_default());
    texts.flat_map(|text| text.split(',')).map(str::trim)
}

/// Is it this tag, as the server or a proxy in between wrote it? A proxy that compresses an answer weakens its tag (nginx) or names
/// the encoding in it (Apache `"…-gzip"`, Jetty `"…--gzip"`), and the browser sends that back. The row is the same.
fn same(sent: &str, current: &str) -> bool {
    let sent = sent.strip_prefix("W/").unwrap_or(sent);
    let encoded = || {
        let added = sent.strip_prefix(current.trim_end_matches('"'))?.strip_suffix('"')?;
        let encoding = ["--", "-", ";", ":"].iter().find_map(|sign| added.strip_prefix(sign))?;
        ["gzip", "br", "zstd", "deflate"].contains(&encoding).then_some(())
    };
    sent == current || encoded().is_some()
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let insists = parts.headers.contains_key(header::IF_MATCH);
        let tags = || listed(&parts.headers, &header::IF_MATCH).map(str::to_owned).collect();
        Ok(Self(insists.then(tags)))
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
        let weak = [b"W/", text].concat();
        let encoded = |suffix: &[u8]| [&text[..text.len() - 1], suffix, b"\""].concat();
        let (apache, jetty, both_done) = (
            encoded(b"-gzip"),
            encoded(b"--gzip"),
            [b"W/", &encoded(b"-br")[..]].concat(),
        );
        for accepted in [
            vec![],
            vec![text],
            vec![b"*".as_slice()],
            vec![&both],
            vec![b"\"x\"", text],
            vec![&weak],
            vec![&apache],
            vec![&jetty],
            vec![&both_done],
        ] {
            assert!(sent(&accepted).await.check(&current).is_ok(), "{accepted:?}");
        }
        let other = Tag::of(&("a", 2));
        let weak = [b"W/", other.0.as_bytes()].concat();
        let unknown = encoded(b"-x");
        for refused in [
            b"\"x\"".as_slice(),
            b"",
            b"\xff",
            b"gzip",
            b"\"gzip\"",
            &weak,
            &unknown,
            other.0.as_bytes(),
        ] {
            let error = sent(&[refused]).await.check(&current).unwrap_err();
            assert_eq!(
                (error.kind, error.code.as_str()),
                (Kind::PreconditionFailed, "stale"),
                "{refused:?}"
            );
        }
    }
}
