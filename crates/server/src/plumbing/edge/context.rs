//! What the edge knows of a request, whoever sent it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::operation::RequestContext;
use crate::plumbing::config::Config;
use crate::plumbing::edge::caller;
use crate::request_id;

/// Longest user agent that is kept, in characters.
const LONGEST_USER_AGENT: usize = 512;

/// Makes the context of requests.
#[derive(Clone)]
pub struct ContextSource {
    config: Arc<Config>,
    clock: Clock,
}

impl ContextSource {
    pub fn new(config: Arc<Config>, clock: Clock) -> Self {
        Self { config, clock }
    }

    pub fn of(&self, extensions: &Extensions, headers: &HeaderMap) -> RequestContext {
        let peer: Option<IpAddr> = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let trusted = &self.config.trusted_proxies;
        let secure = caller::is_https(&self.config, peer, headers);
        if let Some(peer) = peer {
            caller::notice_unlisted_proxy(trusted, peer, headers);
        }
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        RequestContext {
            request_id: request_id::current_id(),
            ip: peer.map(|peer| caller::client_address(trusted, peer, headers)),
            origin: caller::origin(&self.config, secure, headers),
            secure,
            user_agent: user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect()),
            now: self.clock.now(),
        }
    }
}

/// Leaves the context with the request, for [`Anonymous`].
pub async fn attach(State(source): State<ContextSource>, mut request: Request, next: Next) -> Response {
    let context = source.of(request.extensions(), request.headers());
    request.extensions_mut().insert(context);
    next.run(request).await
}

/// A request nobody needs to be signed in for.
pub struct Anonymous(pub RequestContext);

impl<S: Send + Sync> FromRequestParts<S> for Anonymous {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let context = parts.extensions.get::<RequestContext>().cloned();
        context
            .map(Self)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("the route is on a surface without a context")))
    }
}
