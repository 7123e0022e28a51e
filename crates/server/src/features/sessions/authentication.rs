//! From a request's credentials to its [`Operation`].
//!
//! The surface's middleware looks the session up once and leaves what it found with the request; a handler's signature says what it
//! accepts: [`Allowed`] a permission (in the workspace the caller believes to be in), [`CurrentOperation`] whoever is signed in,
//! [`Renewable`] also a token past its time, [`Endable`] any token of a live session. It also renews the cookie of a
//! token past half of its life.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::Sessions;
use super::rules::is_due_for_renewal;
use super::store::{self, TokenState};
use super::tokens::{Claims, SESSION_LIFETIME};
use super::usecases;
use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};
use crate::operation::{Allowed, Operation, Recent, RequestContext};
use crate::permissions::Grant;
use crate::plumbing::edge::{cookies, origin};
use crate::secrets::API_KEY_PREFIX;

const WORKSPACE_HEADER: &str = "x-inventiv-workspace";

/// What became of the request's credentials.
#[derive(Clone)]
enum Outcome {
    Session(Box<Recognised>),
    Refused(Refusal),
}

/// An error that several handlers may have to give.
#[derive(Clone)]
struct Refusal {
    kind: Kind,
    code: ErrorCode,
    detail: String,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let Error { kind, code, detail, .. } = error;
        Self { kind, code, detail }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.kind, refusal.code, refusal.detail)
    }
}

/// A live session, and what keeps this request from acting in it.
#[derive(Clone)]
struct Recognised {
    operation: Operation,
    claims: Claims,
    is_bearer: bool,
    /// The token is good for fetching the next one only.
    stale: Option<Stale>,
    /// The caller believes to be in another workspace.
    is_elsewhere: bool,
    /// The cookie has a token past half of its life, or one that was replaced.
    is_due: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stale {
    /// The session is in another workspace, and its next token may be fetched.
    Moved,
    /// The session is in another workspace for longer than an answer can take.
    Switched,
    /// A program's token is past its ten minutes. A browser's cookie is renewed silently instead.
    Expired,
}

impl Recognised {
    /// # Errors
    /// 409 for a session that was moved, 401 for a token past its time.
    fn fresh(self) -> Result<Self> {
        match self.stale {
            None => Ok(self),
            // Whoever was taken out of an organization learns it once, and goes on in Personal.
            Some(Stale::Moved | Stale::Switched) => Err(Error::workspace_changed()),
            Some(Stale::Expired) => Err(Error::new(
                Kind::Unauthenticated,
                ErrorCode::TokenExpired,
                "The token is past its ten minutes: POST /auth/refresh.",
            )),
        }
    }

    /// # Errors
    /// As [`Self::fresh`], then 409: two tabs must not act in the wrong workspace.
    fn here(self) -> Result<Operation> {
        let recognised = self.fresh()?;
        match recognised.is_elsewhere {
            true => Err(Error::workspace_changed()),
            false => Ok(recognised.operation),
        }
    }
}

/// Authenticates the request, for whichever handler asks. Behind [`crate::plumbing::edge::context::attach`].
pub async fn authenticate(State(sessions): State<Sessions>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let context = parts.extensions.get::<RequestContext>().cloned();
    let context = context.ok_or_else(|| Error::internal(anyhow::anyhow!("the surface attaches no context")));
    let recognised = match context {
        Ok(context) => recognise(&sessions, &parts, &context).await,
        Err(error) => Err(error),
    };
    let outcome = match recognised {
        Ok(recognised) => Outcome::Session(Box::new(recognised)),
        Err(error) => Outcome::Refused(error.into()),
    };
    let renewable = match &outcome {
        Outcome::Session(found) if !found.is_bearer && (found.is_due || found.stale == Some(Stale::Moved)) => {
            Some(found.clone())
        }
        _ => None,
    };
    parts.extensions.insert(outcome);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // A handler that set or cleared the cookie has given the session another token, or ended it.
    if let Some(found) = renewable
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        match usecases::renew(&sessions, &found.operation, &found.claims).await {
            Ok(Some(token)) => {
                let cookie = cookies::set(&token, found.operation.request.secure, SESSION_LIFETIME.num_seconds());
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a cookie could not be renewed; the next request tries again"),
        }
    }
    response
}

impl Sessions {
    /// The operation of a request on a surface of its own. Renews nothing.
    ///
    /// # Errors
    /// 401 without a live session, 403 for a page of another site, 409 when the caller believes to be in another workspace.
    pub async fn operation_of(&self, request: &Parts, context: &RequestContext) -> Result<Operation> {
        recognise(self, request, context).await?.here()
    }
}

async fn recognise(sessions: &Sessions, request: &Parts, context: &RequestContext) -> Result<Recognised> {
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
            ErrorCode::SessionRequired,
            "API keys open /v1 only; this needs a session.",
        ));
    }
    if bearer.is_none() {
        origin::check(&request.method, headers, &sessions.core.config.public_origin())?;
    }
    let (operation, claims, facts) = usecases::recognise(sessions, token, context).await?;
    let is_bearer = bearer.is_some();
    let expired = claims.exp <= context.now.timestamp();
    let is_current = facts.token_state == TokenState::Current;
    let stale = match facts.token_state {
        TokenState::Moved => Some(Stale::Moved),
        TokenState::Switched => Some(Stale::Switched),
        _ if is_bearer && expired => Some(Stale::Expired),
        _ => None,
    };
    let is_half_over = is_current && is_due_for_renewal(facts.token_issued_at, context.now);
    let is_due = !is_bearer && (is_half_over || facts.token_state == TokenState::Previous);
    // At most one write a minute, not one per request.
    if stale.is_none() && !is_due && (context.now - facts.last_used_at).num_seconds() >= 60 {
        let ip = context.ip.map(|ip| ip.to_string());
        store::touch_session(&sessions.core.db, operation.session_id, context.now, ip).await?;
    }
    Ok(Recognised {
        is_elsewhere: !is_claimed_workspace(request, operation.workspace.organization_id()),
        operation,
        claims,
        is_bearer,
        stale,
        is_due,
    })
}

fn invalid_authorization() -> Error {
    Error::new(
        Kind::Unauthenticated,
        ErrorCode::Unauthenticated,
        "The Authorization header is not a Bearer token.",
    )
}

/// Whoever says where they believe to be is held to it. `organization`: where they are, none in Personal.
pub fn is_claimed_workspace(request: &Parts, organization: Option<Uuid>) -> bool {
    let header = request
        .headers
        .get(WORKSPACE_HEADER)
        .map(|value| value.to_str().unwrap_or_default().to_owned());
    let claimed = header.or_else(|| {
        form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "workspace")
            .map(|(_, value)| value.into_owned())
    });
    match claimed.as_deref() {
        None => true,
        Some("personal") => organization.is_none(),
        Some(id) => Uuid::try_parse(id).is_ok_and(|id| organization == Some(id)),
    }
}

/// The Bearer token of the request, if that is what `Authorization` holds.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

fn recognised(parts: &Parts) -> Result<Recognised> {
    match parts.extensions.get::<Outcome>() {
        Some(Outcome::Session(recognised)) => Ok((**recognised).clone()),
        Some(Outcome::Refused(refusal)) => Err(refusal.clone().into()),
        None => Err(Error::unauthenticated()),
    }
}

/// The request's operation, whatever it may do, in the workspace the caller believes to be in.
pub struct CurrentOperation(pub Operation);

impl<S: Send + Sync> FromRequestParts<S> for CurrentOperation {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        recognised(parts)?.here().map(Self)
    }
}

/// The session that a token belongs to, for ending it: also by a token past its time, or from before a switch.
pub struct Endable(pub Operation);

impl<S: Send + Sync> FromRequestParts<S> for Endable {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(recognised(parts)?.operation))
    }
}

/// A session whose token may be replaced by the next one, past its time or not.
pub struct Renewable {
    pub operation: Operation,
    pub claims: Claims,
    /// A program's token, not a browser's cookie.
    pub is_bearer: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Renewable {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let found = recognised(parts)?;
        if found.stale == Some(Stale::Switched) {
            return Err(Error::workspace_changed());
        }
        Ok(Self {
            operation: found.operation,
            claims: found.claims,
            is_bearer: found.is_bearer,
        })
    }
}

/// What is the person's own can be done from any workspace.
fn operation_for<G: Grant>(parts: &Parts) -> Result<Operation> {
    let found = recognised(parts)?;
    match G::PERMISSION.is_of_the_person() {
        true => found.fresh().map(|found| found.operation),
        false => found.here(),
    }
}

impl<S: Send + Sync, G: Grant> FromRequestParts<S> for Allowed<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        operation_for::<G>(parts)?.allow()
    }
}

impl<S: Send + Sync, G: Grant> FromRequestParts<S> for Recent<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        operation_for::<G>(parts)?.allow_recent()
    }
}
