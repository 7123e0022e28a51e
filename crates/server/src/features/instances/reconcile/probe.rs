//! Can the worker be reached where it says it is, and is it ours?

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::plumbing::addresses::{Addresses, JudgedConnector, Named};

const TIME_LIMIT: Duration = Duration::from_secs(3);

/// True when the worker answers a request that needs the serving token. Nothing is sent to an address that isn't allowed.
pub async fn answers(addresses: &Addresses, named: Named, worker_address: &str, serving_token: &str) -> bool {
    let request = Request::get(format!("http://{worker_address}/v1/models"))
        .header(header::AUTHORIZATION, format!("Bearer {serving_token}"))
        .body(Empty::<Bytes>::new());
    let Ok(request) = request else {
        return false;
    };
    #[expect(clippy::disallowed_methods, reason = "one question on a connection of its own")]
    let client = Client::builder(TokioExecutor::new()).build(JudgedConnector::new(addresses, named, TIME_LIMIT));
    match tokio::time::timeout(TIME_LIMIT, client.request(request)).await {
        Ok(Ok(response)) => response.status() == StatusCode::OK,
        _ => false,
    }
}
