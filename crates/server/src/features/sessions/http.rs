//! `/auth/*`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Sessions;
use super::authentication::{Endable, Renewable};
use super::modules::{ConsoleModule, modules};
use super::store::SessionRow;
use super::tokens::SESSION_LIFETIME;
use super::usecases;
use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Problem, Result};
use crate::features::users::{self, Profile, ProfileChange};
use crate::operation::Allowed;
use crate::operation::Operation;
use crate::permissions::{Permission, Role, grant};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::context::Anonymous;
use crate::plumbing::edge::cookies;
use crate::plumbing::edge::paging::Page;
use crate::plumbing::edge::params::Id;
use crate::plumbing::edge::refusals::BodyRefusals;

pub fn routes() -> OpenApiRouter<Sessions> {
    OpenApiRouter::new()
        .routes(routes!(logout))
        .routes(routes!(refresh))
        .routes(routes!(get_me, update_me))
        .routes(routes!(list_sessions))
        .routes(routes!(revoke_session))
        .routes(routes!(revoke_other_sessions))
}

/// Who is signed in, where, and what that allows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    id: Uuid,
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    locale: String,
    #[schema(example = "user")]
    platform_role: String,
    #[schema(example = "free")]
    account_plan: String,
    session_id: Uuid,
    /// Null in Personal.
    current_organization_id: Option<Uuid>,
    current_organization_name: Option<String>,
    current_organization_slug: Option<String>,
    current_organization_color: Option<String>,
    current_organization_role: Option<Role>,
    permissions: Vec<&'static str>,
    modules: Vec<ConsoleModule>,
    /// The session token, for programs that asked for it with `"transport": "bearer"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Me {
    fn new(operation: &Operation, profile: Profile, token: Option<String>) -> Self {
        let role = match operation.workspace {
            crate::operation::Workspace::Organization { role, .. } => Some(role),
            crate::operation::Workspace::Personal { .. } => None,
        };
        Self {
            id: profile.id,
            email: profile.email,
            username: profile.username,
            first_name: profile.first_name,
            last_name: profile.last_name,
            locale: profile.locale,
            platform_role: profile.platform_role,
            account_plan: profile.account_plan,
            session_id: operation.session_id,
            current_organization_id: operation.workspace.organization_id(),
            current_organization_name: profile.organization_name,
            current_organization_slug: profile.organization_slug,
            current_organization_color: profile.organization_color,
            current_organization_role: role,
            permissions: Permission::ALL
                .iter()
                .filter(|permission| operation.may(**permission))
                .map(|permission| permission.name())
                .collect(),
            modules: modules(operation.workspace.role(), operation.policies),
            token,
        }
    }
}

/// The body of `/auth/me`, with a fresh token as a cookie or, for programs, in the body.
pub async fn signed_in_response(
    sessions: &Sessions,
    operation: Operation,
    token: String,
    as_bearer: bool,
) -> Result<Response> {
    let profile = users::profile(&sessions.users, operation.require(Permission::ProfileManage)?).await?;
    let mut response = Json(Me::new(&operation, profile, as_bearer.then(|| token.clone()))).into_response();
    if !as_bearer {
        let cookie = cookies::set(&token, operation.request.secure, SESSION_LIFETIME.num_seconds());
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// How a program wants its session token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    #[default]
    Cookie,
    Bearer,
}

/// Sign out
///
/// Ends the session if there is one; always succeeds.
#[utoipa::path(post, path = "/auth/logout", operation_id = "logout", tag = "account",
    extensions(("x-permission" = json!("public"))), responses(
    (status = 204, description = "Signed out"),
    (status = 403, description = "Sent by a page of another site", body = Problem)))]
async fn logout(
    State(sessions): State<Sessions>,
    Anonymous(context): Anonymous,
    operation: Result<Endable>,
) -> Result<Response> {
    match operation {
        Ok(Endable(operation)) => usecases::logout(&sessions, &operation).await?,
        Err(error) if error.kind == Kind::Forbidden => return Err(error),
        Err(_) => {}
    }
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookies::clear(context.secure))],
    )
        .into_response())
}

#[derive(Debug, Serialize, ToSchema)]
struct RefreshedToken {
    token: String,
}

/// Renew a token
///
/// For programs: also takes a token past its ten minutes, as long as the session is alive. A browser's cookie is renewed by itself;
/// asked here, the answer is another cookie: its token is in no body.
#[utoipa::path(post, path = "/auth/refresh", operation_id = "refresh_token", tag = "account",
    extensions(("x-permission" = json!("session.manage"))), responses(
    (status = 200, description = "A new token; the one before works for another minute", body = RefreshedToken),
    (status = 204, description = "A new cookie"),
    (status = 401, description = "The session ended", body = Problem),
    (status = 409, description = "The workspace changed, or the token was renewed already", body = Problem)))]
async fn refresh(State(sessions): State<Sessions>, session: Renewable) -> Result<Response> {
    let Renewable {
        operation,
        claims,
        is_bearer,
    } = session;
    operation.require(Permission::SessionManage)?;
    let renewed = usecases::renew(&sessions, &operation, &claims).await?;
    let token = renewed.ok_or_else(|| {
        Error::conflict(
            ErrorCode::TokenRenewed,
            "This token was renewed already: use the new one.",
        )
    })?;
    if is_bearer {
        return Ok(Json(RefreshedToken { token }).into_response());
    }
    let cookie = cookies::set(&token, operation.request.secure, SESSION_LIFETIME.num_seconds());
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Who am I
#[utoipa::path(get, path = "/auth/me", operation_id = "get_me", tag = "account",
    extensions(("x-permission" = json!("profile.manage"))), responses(
    (status = 200, description = "Profile, workspace, role, permissions, modules", body = Me),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The token is from before a workspace switch", body = Problem)))]
async fn get_me(State(sessions): State<Sessions>, allowed: Allowed<grant::ProfileManage>) -> Result<Json<Me>> {
    let profile = users::profile(&sessions.users, allowed.authorized()).await?;
    Ok(Json(Me::new(allowed.authorized().operation(), profile, None)))
}

/// Fields that are absent stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateMeRequest {
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    /// `en` or `fr`.
    locale: Option<String>,
}

/// Change my profile
#[utoipa::path(put, path = "/auth/me", operation_id = "update_me", tag = "account", request_body = UpdateMeRequest,
    extensions(("x-permission" = json!("profile.manage"))), responses(
    (status = 200, description = "The profile as it is now", body = Me),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed", body = Problem)))]
async fn update_me(
    State(sessions): State<Sessions>,
    allowed: Allowed<grant::ProfileManage>,
    body: JsonBody<UpdateMeRequest>,
) -> Result<Json<Me>> {
    let request = body.parse()?;
    let change = ProfileChange {
        first_name: request.first_name,
        last_name: request.last_name,
        username: request.username,
        locale: request.locale,
    };
    let profile = users::update_profile(&sessions.users, allowed.authorized(), change).await?;
    Ok(Json(Me::new(allowed.authorized().operation(), profile, None)))
}

#[derive(Debug, Serialize, ToSchema)]
struct Session {
    id: Uuid,
    current_organization_id: Option<Uuid>,
    current_organization_name: Option<String>,
    organization_role: Option<Role>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    is_current: bool,
}

/// My sessions
#[utoipa::path(get, path = "/auth/sessions", operation_id = "list_sessions", tag = "account",
    extensions(("x-permission" = json!("session.manage"))), responses(
    (status = 200, description = "Live sessions, the most recently used first", body = Page<Session>),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The token is from before a workspace switch", body = Problem)))]
async fn list_sessions(
    State(sessions): State<Sessions>,
    allowed: Allowed<grant::SessionManage>,
) -> Result<Json<Page<Session>>> {
    let current = allowed.authorized().session_id;
    let show = |row: SessionRow| Session {
        is_current: row.id == current,
        id: row.id,
        current_organization_id: row.current_organization_id,
        current_organization_name: row.current_organization_name,
        organization_role: row.organization_role,
        ip_address: row.ip_address,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    };
    let sessions = usecases::sessions(&sessions, allowed.authorized()).await?;
    Ok(Json(Page {
        items: sessions.into_iter().map(show).collect(),
        next_cursor: None,
    }))
}

/// End one of my sessions
#[utoipa::path(post, path = "/auth/sessions/{id}/revoke", operation_id = "revoke_session", tag = "account", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("session.manage"))), responses(
    (status = 204, description = "Ended; its token is refused from now on"),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 404, description = "Not one of my sessions", body = Problem),
    (status = 409, description = "The token is from before a workspace switch", body = Problem)))]
async fn revoke_session(
    State(sessions): State<Sessions>,
    allowed: Allowed<grant::SessionManage>,
    Id(id): Id,
) -> Result<StatusCode> {
    usecases::revoke_session(&sessions, allowed.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
struct RevokedSessions {
    revoked: usize,
}

/// End all my other sessions
#[utoipa::path(post, path = "/auth/sessions/revoke_others", operation_id = "revoke_other_sessions", tag = "account",
    extensions(("x-permission" = json!("session.manage"))), responses(
    (status = 200, description = "How many were ended", body = RevokedSessions),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The token is from before a workspace switch", body = Problem)))]
async fn revoke_other_sessions(
    State(sessions): State<Sessions>,
    allowed: Allowed<grant::SessionManage>,
) -> Result<Json<RevokedSessions>> {
    let revoked = usecases::revoke_other_sessions(&sessions, allowed.authorized()).await?;
    Ok(Json(RevokedSessions { revoked }))
}
