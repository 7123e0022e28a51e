//! Connections to workers.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::plumbing::addresses::{Addresses, JudgedConnector, Named};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Shorter than servers keep idle connections, so that we are the ones to close them.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// A pool per worker. Dropping a request or an answer closes its connection, which is how an engine learns to stop.
#[derive(Clone)]
pub struct Upstream {
    elsewhere: Client<JudgedConnector, Full<Bytes>>,
    /// Machines of the Mock cloud: connections there are nobody else's.
    mock: Client<JudgedConnector, Full<Bytes>>,
}

impl Upstream {
    pub fn new(addresses: &Addresses) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the gateway's way to workers")]
        let client = |named| {
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_CONNECTION)
                .build(JudgedConnector::new(addresses, named, CONNECT_TIMEOUT))
        };
        Self {
            elsewhere: client(Named::ByTenant),
            mock: client(Named::ByMockCloud),
        }
    }

    /// # Errors
    /// No connection, or none that lasted until the head of the answer; nothing is sent to an address that isn't allowed.
    pub async fn send(
        &self,
        named: Named,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, Error> {
        let client = match named {
            Named::ByTenant => &self.elsewhere,
            Named::ByMockCloud => &self.mock,
        };
        client.request(request).await
    }
}
