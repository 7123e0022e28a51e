//! From a request's credentials to its [`Operation`].
//!
//! The middleware looks the session up once and leaves the outcome with the request; whoever needs an operation takes it from
//! there. It also renews the cookie of a token past half of its life.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::rules::is_due_for_renewal;
use super::store::TokenState;
use super::tokens::SESSION_LIFETIME;
use super::usecases;
use crate::app::App;
use crate::error::{Error, Kind, Result};
pub use crate::operation::Allowed;
use crate::operation::{Operation, Recent, RequestContext};
use crate::permissions::Grant;
use crate::plumbing::edge::{cookies, origin, request_id};

/// Every API key begins so; a key where a session is needed gets a better answer than "invalid".
pub const API_KEY_PREFIX: &str = "inv_";

const WORKSPACE_HEADER: &str = "x-inventiv-workspace";

/// What became of the request's credentials.
#[derive(Clone)]
enum Outcome {
    Session(Box<Operation>),
    Refused(Kind, &'static str, String),
}

/// Authenticates the request, for whichever handler asks.
pub async fn authenticate(State(app): State<App>, request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let context = context(&app, peer, request.headers());
    let secure = context.secure;
    let (mut parts, body) = request.into_parts();
    let mut renewed = None;
    let outcome = match resolve(&app, &parts, &context, &mut renewed).await {
        Ok(operation) => Outcome::Session(Box::new(operation)),
        Err(error) => Outcome::Refused(error.kind, error.code, error.detail),
    };
    parts.extensions.insert(context);
    parts.extensions.insert(outcome);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(token) = renewed
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        let cookie = cookies::set(&token, secure, SESSION_LIFETIME.num_seconds());
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The operation. `renewed` becomes the token for the cookie, when it is past half of its life or its session was moved.
async fn resolve(
    app: &App,
    request: &Parts,
    context: &RequestContext,
    renewed: &mut Option<String>,
) -> Result<Operation> {
    let headers = &request.headers;
    let bearer = bearer(headers);
    let cookie = cookies::read(headers, context.secure);
    let Some(token) = bearer.as_deref().or(cookie) else {
        return Err(if headers.contains_key(header::AUTHORIZATION) {
            invalid_authorization()
        } else {
            Error::unauthenticated()
        });
    };
    if headers.contains_key(header::AUTHORIZATION) && bearer.is_none() {
        return Err(invalid_authorization());
    }
    if token.starts_with(API_KEY_PREFIX) {
        return Err(Error::new(
            Kind::Unauthenticated,
            "session_required",
            "API keys open /v1 only; this needs a session.",
        ));
    }
    if bearer.is_none() {
        origin::check(&request.method, headers, &app.config.public_origin())?;
    }
    let (operation, claims, facts) = usecases::recognise(app, token, context).await?;
    // Whoever was taken out of an organization learns it once, and goes on in Personal: a browser has the new token with this
    // answer, a program fetches it.
    if facts.token_state == TokenState::Moved && request.uri.path() != "/auth/refresh" {
        if bearer.is_none() {
            *renewed = usecases::renew(app, &operation, &claims).await?;
        }
        return Err(Error::workspace_changed());
    }
    let expired = claims.exp <= context.now.timestamp();
    // A program renews its token itself and learns that it must; a browser's cookie is renewed silently.
    if bearer.is_some() && expired && request.uri.path() != "/auth/refresh" {
        return Err(Error::new(
            Kind::Unauthenticated,
            "token_expired",
            "The token is past its ten minutes: POST /auth/refresh.",
        ));
    }
    check_workspace(request, &operation)?;
    let due = facts.token_state == TokenState::Current && is_due_for_renewal(facts.token_issued_at, context.now);
    if bearer.is_none() && due {
        *renewed = usecases::renew(app, &operation, &claims).await?;
    }
    // At most one write a minute, not one per request.
    if renewed.is_none() && (context.now - facts.last_used_at).num_seconds() >= 60 {
        super::store::touch_session(
            &app.db,
            operation.session_id,
            context.now,
            context.ip.map(|ip| ip.to_string()),
        )
        .await?;
    }
    Ok(operation)
}

fn invalid_authorization() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "unauthenticated",
        "The Authorization header is not a Bearer token.",
    )
}

/// Two tabs must not act in the wrong workspace: whoever says where they believe to be is held to it.
fn check_workspace(request: &Parts, operation: &Operation) -> Result<()> {
    let path = request.uri.path();
    let exempt = path.starts_with("/auth/")
        || (path == "/organizations" && request.method == axum::http::Method::GET)
        || (path == "/organizations/current" && request.method == axum::http::Method::PUT);
    if exempt {
        return Ok(());
    }
    let header = request
        .headers
        .get(WORKSPACE_HEADER)
        .map(|value| value.to_str().unwrap_or_default().to_owned());
    let claimed = header.or_else(|| {
        form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "workspace")
            .map(|(_, value)| value.into_owned())
    });
    let matches = match claimed.as_deref() {
        None => true,
        Some("personal") => operation.workspace.organization_id().is_none(),
        Some(id) => Uuid::try_parse(id).is_ok_and(|id| operation.workspace.organization_id() == Some(id)),
    };
    if matches {
        Ok(())
    } else {
        Err(Error::workspace_changed())
    }
}

/// The Bearer token of the request, if that is what `Authorization` holds.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

fn context(app: &App, peer: Option<IpAddr>, headers: &HeaderMap) -> RequestContext {
    let secure = app.config.is_https(peer, headers);
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    RequestContext {
        request_id: request_id::current_id(),
        ip: peer.map(|peer| app.config.client_address(peer, headers)),
        origin: app.config.origin_for(secure, headers),
        secure,
        user_agent: user_agent.map(|text| text.chars().take(512).collect()),
        now: app.clock.now(),
    }
}

/// The request's operation, whatever it may do. Handlers take [`Allowed`] instead; this is for what everybody signed in may.
pub struct CurrentOperation(pub Operation);

impl<S: Send + Sync> FromRequestParts<S> for CurrentOperation {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        match parts.extensions.get::<Outcome>() {
            Some(Outcome::Session(operation)) => Ok(Self((**operation).clone())),
            Some(Outcome::Refused(kind, code, detail)) => Err(Error::new(*kind, code, detail.clone())),
            None => Err(Error::unauthenticated()),
        }
    }
}

impl<S: Send + Sync, G: Grant> FromRequestParts<S> for Allowed<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        CurrentOperation::from_request_parts(parts, state).await?.0.allow()
    }
}

impl<S: Send + Sync, G: Grant> FromRequestParts<S> for Recent<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        CurrentOperation::from_request_parts(parts, state)
            .await?
            .0
            .allow_recent()
    }
}

/// What the edge knows of a request nobody has signed in for.
pub struct Anonymous(pub RequestContext);

impl<S: Send + Sync> FromRequestParts<S> for Anonymous {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let context = parts.extensions.get::<RequestContext>().cloned();
        context
            .map(Self)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("the route is outside of the authentication middleware")))
    }
}
