//! Connections to workers.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Shorter than servers keep idle connections, so that we are the ones to close them.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// A pool per worker. Dropping a request or an answer closes its connection, which is how an engine learns to stop.
#[derive(Clone)]
pub struct Upstream(Client<HttpConnector, Full<Bytes>>);

impl Default for Upstream {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        #[expect(clippy::disallowed_methods, reason = "the gateway's way to workers")]
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .build(connector);
        Self(client)
    }
}

impl Upstream {
    /// # Errors
    /// No connection, or none that lasted until the head of the answer.
    pub async fn send(&self, request: http::Request<Full<Bytes>>) -> Result<http::Response<Incoming>, Error> {
        self.0.request(request).await
    }
}
