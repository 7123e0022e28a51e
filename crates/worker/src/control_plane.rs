//! The calls to the server. Tokens travel in the Authorization header and stay in memory.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use worker_protocol::{
    HEARTBEAT_PATH, HeartbeatRequest, HeartbeatResponse, REGISTER_PATH, RegisterRequest, RegisterResponse, codes,
};

use crate::secret::Secret;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// Answers after which nothing is tried again.
const FINAL_CODES: [&str; 3] = [codes::TOKEN_REFUSED, codes::BOOT_CONFLICT, codes::PROTOCOL_UNSUPPORTED];

/// A server that gives out work.
#[derive(Clone)]
pub struct ControlPlane {
    http: Client,
    base: Url,
}

/// Why the address of the server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ControlPlaneError {
    #[error("the address of the server is not an http or https URL without user and password")]
    Address,
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Final: one of [`FINAL_CODES`].
    #[error("the server refuses this worker: {code}")]
    Refused { code: String },
    /// Worth another attempt.
    #[error("the server answered {status}")]
    Unexpected { status: StatusCode },
    /// Worth another attempt.
    #[error("the server is out of reach: {0}")]
    Unreachable(String),
    /// Worth another attempt: something else may answer under this address for a while.
    #[error("the answer of the server cannot be read")]
    Unreadable,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl ControlPlane {
    pub fn new(address: &str) -> Result<Self, ControlPlaneError> {
        let base = Url::parse(address).map_err(|_| ControlPlaneError::Address)?;
        let has_user = !base.username().is_empty() || base.password().is_some();
        let host = base.host_str().unwrap_or_default().to_owned();
        if !matches!(base.scheme(), "http" | "https") || has_user || host.is_empty() {
            return Err(ControlPlaneError::Address);
        }
        let is_loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        if base.scheme() == "http" && !is_loopback {
            tracing::warn!("the server is called without TLS: tokens can be read on the way");
        }
        // A redirect would send the token somewhere else.
        #[expect(clippy::disallowed_methods, reason = "the worker's way to the server")]
        let mut client = Client::builder().timeout(TIMEOUT).redirect(Policy::none());
        if is_loopback {
            client = client.no_proxy();
        }
        let http = client
            .build()
            .map_err(|error| ControlPlaneError::Client(error.to_string()))?;
        Ok(Self { http, base })
    }

    /// Exchanges the one-time token for the assignment. Safe to repeat with the same boot id.
    pub async fn register(&self, bootstrap: &Secret, request: &RegisterRequest) -> Result<RegisterResponse, CallError> {
        self.post(REGISTER_PATH, bootstrap, request).await
    }

    /// Tells how the worker is and hears what it has to do.
    pub async fn heartbeat(&self, token: &Secret, request: &HeartbeatRequest) -> Result<HeartbeatResponse, CallError> {
        self.post(HEARTBEAT_PATH, token, request).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &Secret,
        message: &impl Serialize,
    ) -> Result<T, CallError> {
        let unreachable = |error: reqwest::Error| CallError::Unreachable(innermost(&error));
        let url = endpoint(&self.base, path);
        let mut response = self
            .http
            .post(url)
            .bearer_auth(token.reveal())
            .json(message)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(CallError::Unreadable);
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| CallError::Unreadable);
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(Problem { code }) if FINAL_CODES.contains(&code.as_str()) => Err(CallError::Refused { code }),
            _ => Err(CallError::Unexpected { status }),
        }
    }
}

/// A server below a path (`https://example.org/inventiv`) is called below that path.
fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// The cause at the bottom says what happened; the layers above repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::addr_eq(cause, error) {
        "no answer".to_owned()
    } else {
        cause.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_below_a_path_keeps_its_path() {
        let endpoint_of = |base: &str| endpoint(&Url::parse(base).unwrap(), HEARTBEAT_PATH).to_string();
        assert_eq!(endpoint_of("http://a:1"), "http://a:1/internal/worker/heartbeat");
        assert_eq!(endpoint_of("https://a/b/?x#y"), "https://a/b/internal/worker/heartbeat");
    }

    #[test]
    fn addresses_with_a_password_or_another_scheme_are_refused_and_not_repeated() {
        for wrong in ["ftp://a", "a:80", "", "http://user:hidden@a"] {
            let error = ControlPlane::new(wrong).err().unwrap();
            assert!(!error.to_string().contains("hidden"));
        }
    }
}
