//! `/users*`.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::usecases::{self, UserChange, UserRequest};
use super::{UserAdministration, closing};
use crate::error::{Error, Problem, Result};
use crate::features::second_factors;
use crate::features::users::{AccountRow, confirm_password};
use crate::operation::{Allowed, Recent};
use crate::permissions::{Permission, Role, WorkspaceRole, assignable_roles, grant};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::cookies;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page, SearchResult};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{BodyRefusals, ChangeRefusals, CreateRefusals, ListRefusals, RowRefusals};
use crate::plumbing::edge::versions::IfMatch;

pub fn routes() -> OpenApiRouter<UserAdministration> {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(search_users))
        .routes(routes!(delete_own_account))
        .routes(routes!(get_user, update_user, delete_user))
        .routes(routes!(remove_user_second_factors))
}

/// What somebody may do on the platform itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PlatformRole {
    User,
    Admin,
}

/// An account. In an organization the parts that are the person's own are null.
#[derive(Debug, Serialize, ToSchema)]
struct User {
    id: Uuid,
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    /// In the organization of this workspace; null in Personal.
    role: Option<Role>,
    locale: Option<String>,
    platform_role: Option<String>,
    account_plan: Option<String>,
    email_verified_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    /// In an organization: there.
    last_seen_at: Option<DateTime<Utc>>,
    /// In an organization: since when they are a member.
    created_at: DateTime<Utc>,
    /// What whoever reads this may make of the member, the present role included; empty in Personal.
    assignable_roles: Vec<Role>,
}

impl User {
    /// As somebody in this capacity sees them.
    fn new(row: AccountRow, seen_by: WorkspaceRole) -> Self {
        let personal = row.role.is_none();
        let assignable = |role| assignable_roles(seen_by, Permission::UserUpdate, Some(role));
        Self {
            assignable_roles: row.role.map(assignable).unwrap_or_default(),
            id: row.id,
            email: row.email,
            username: row.username,
            first_name: row.first_name,
            last_name: row.last_name,
            role: row.role,
            locale: personal.then_some(row.locale),
            platform_role: personal.then_some(row.platform_role),
            account_plan: personal.then_some(row.account_plan),
            email_verified_at: row.email_verified_at.filter(|_| personal),
            disabled_at: row.disabled_at.filter(|_| personal),
            last_seen_at: row.last_seen_at,
            created_at: row.created_at,
        }
    }
}

/// Users
///
/// The members in an organization; every account for a platform admin in Personal.
#[utoipa::path(get, path = "/users", operation_id = "list_users", tag = "users", params(ListQuery),
    extensions(("x-permission" = json!("user.read"))),
    responses((status = 200, description = "Users", body = Page<User>), ListRefusals))]
async fn list_users(
    State(administration): State<UserAdministration>,
    allowed: Allowed<grant::UserRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<User>>> {
    let authorized = allowed.authorized();
    let seen_by = authorized.workspace.role();
    let page = usecases::list(&administration, authorized, &query.check()?).await?;
    Ok(Json(Page {
        items: page.items.into_iter().map(|row| User::new(row, seen_by)).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// Search users, with how many there are
#[utoipa::path(get, path = "/users/search", operation_id = "search_users", tag = "users", params(ListQuery),
    extensions(("x-permission" = json!("user.read"))),
    responses((status = 200, description = "What matches, up to the limit, and how much there is", body = SearchResult<User>), ListRefusals))]
async fn search_users(
    State(administration): State<UserAdministration>,
    allowed: Allowed<grant::UserRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<SearchResult<User>>> {
    let authorized = allowed.authorized();
    let seen_by = authorized.workspace.role();
    let found = usecases::search(&administration, authorized, &query.check()?).await?;
    Ok(Json(SearchResult {
        items: found.items.into_iter().map(|row| User::new(row, seen_by)).collect(),
        total: found.total,
    }))
}

/// One user
#[utoipa::path(get, path = "/users/{id}", operation_id = "get_user", tag = "users", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("user.read"))),
    responses((status = 200, description = "The user", body = User), RowRefusals))]
async fn get_user(
    State(administration): State<UserAdministration>,
    allowed: Allowed<grant::UserRead>,
    Id(id): Id,
) -> Result<Response> {
    let authorized = allowed.authorized();
    let row = usecases::get(&administration, authorized, id).await?;
    Ok(tagged(row, authorized.workspace.role()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateUserRequest {
    email: String,
    /// Made from the address unless given.
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `en` (the default) or `fr`.
    locale: Option<String>,
    /// In an organization: the role there; user unless told.
    role: Option<Role>,
    /// In Personal; user unless told.
    platform_role: Option<PlatformRole>,
}

/// An account that has just been made.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedUser {
    #[serde(flatten)]
    user: User,
    /// Only when there is no mail server: pass it on to the person, who chooses a password with it. Shown this once; a repeated
    /// request with the same `Idempotency-Key` gets `secret_already_shown` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Make an account
///
/// For somebody who has none. The person chooses a password by a link that is mailed to the address. In an
/// organization also a member, in the same act. Whoever has an account is invited instead.
#[utoipa::path(post, path = "/users", operation_id = "create_user", tag = "users", request_body = CreateUserRequest,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("user.create")), ("x-reauthentication" = json!(true))),
    responses((status = 201, description = "Made", body = CreatedUser), CreateRefusals))]
async fn create_user(
    State(administration): State<UserAdministration>,
    allowed: Recent<grant::UserCreate>,
    key: IdempotencyKey,
    body: JsonBody<CreateUserRequest>,
) -> Result<Response> {
    let authorized = allowed.authorized();
    let seen_by = authorized.workspace.role();
    let request = body.parse()?;
    let request = UserRequest {
        email: request.email,
        username: request.username,
        first_name: request.first_name,
        last_name: request.last_name,
        locale: request.locale,
        role: request.role,
        platform_admin: request.platform_role.map(|role| role == PlatformRole::Admin),
    };
    let attempt = Attempt::new("create_user", &key, body.bytes());
    let show = |row, link| {
        let user = User::new(row, seen_by);
        serde_json::to_value(CreatedUser { user, link }).map_err(Error::internal)
    };
    let answer = usecases::create(&administration, authorized, request, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Fields that are absent stay as they are. In an organization only `role` may be given, in Personal everything else.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateUserRequest {
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    locale: Option<String>,
    /// True ends all sessions, and the keys that depend on the person stop working.
    disabled: Option<bool>,
    platform_role: Option<PlatformRole>,
    role: Option<Role>,
}

/// Change a user
#[utoipa::path(put, path = "/users/{id}", operation_id = "update_user", tag = "users",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    request_body = UpdateUserRequest, extensions(("x-permission" = json!("user.update")), ("x-reauthentication" = json!(true))),
    responses((status = 200, description = "The user as it is now", body = User), ChangeRefusals))]
async fn update_user(
    State(administration): State<UserAdministration>,
    allowed: Recent<grant::UserUpdate>,
    Id(id): Id,
    if_match: IfMatch,
    body: JsonBody<UpdateUserRequest>,
) -> Result<Response> {
    let change = || {
        let request = body.parse()?;
        Ok(UserChange {
            username: request.username,
            first_name: request.first_name,
            last_name: request.last_name,
            locale: request.locale,
            disabled: request.disabled,
            platform_admin: request.platform_role.map(|role| role == PlatformRole::Admin),
            role: request.role,
        })
    };
    let authorized = allowed.authorized();
    let row = usecases::update(&administration, authorized, id, &if_match, change).await?;
    // Whoever changed the own role sees the answer with it.
    let seen_by = match row.role {
        Some(own) if id == authorized.user_id => WorkspaceRole::Organization(own),
        _ => authorized.workspace.role(),
    };
    Ok(tagged(row, seen_by))
}

fn tagged(row: AccountRow, seen_by: WorkspaceRole) -> Response {
    usecases::tag(&row).on(User::new(row, seen_by))
}

/// Remove a user
///
/// In an organization ends the membership. In Personal closes the account: it is disabled for good and its personal data removed.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "delete_user", tag = "users", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("user.delete")), ("x-reauthentication" = json!(true))),
    responses((status = 204, description = "Removed"), RowRefusals))]
async fn delete_user(
    State(administration): State<UserAdministration>,
    allowed: Recent<grant::UserDelete>,
    Id(id): Id,
) -> Result<StatusCode> {
    usecases::delete(&administration, allowed.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a user's second factors
///
/// For somebody who lost them all: the password alone signs in from then on. The person is told by mail.
#[utoipa::path(delete, path = "/users/{id}/second-factors", operation_id = "remove_user_second_factors", tag = "users",
    params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("user.remove_second_factors")), ("x-reauthentication" = json!(true))),
    responses((status = 204, description = "Removed"), RowRefusals))]
async fn remove_user_second_factors(
    State(administration): State<UserAdministration>,
    recent: Recent<grant::UserRemoveSecondFactors>,
    Id(id): Id,
) -> Result<StatusCode> {
    second_factors::of_account(&administration.factors, recent.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteOwnAccountRequest {
    password: String,
}

/// Close my account
///
/// For good: my personal data is removed, my memberships, sessions and keys end. Refused while I am the only owner of an
/// organization.
#[utoipa::path(delete, path = "/auth/me", operation_id = "delete_own_account", tag = "account", request_body = DeleteOwnAccountRequest,
    extensions(("x-permission" = json!("profile.manage"))), responses(
    (status = 204, description = "Closed; nobody is signed in any more"),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed, or sole_owner with the organizations in errors, or last_platform_admin", body = Problem),
    (status = 422, description = "The password is wrong", body = Problem),
    (status = 429, description = "Too many wrong passwords", body = Problem)))]
async fn delete_own_account(
    State(administration): State<UserAdministration>,
    allowed: Allowed<grant::ProfileManage>,
    body: JsonBody<DeleteOwnAccountRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let authorized = allowed.authorized();
    confirm_password(&administration.users, authorized, request.password).await?;
    closing::close(&administration, authorized, authorized.user_id).await?;
    let cookie = cookies::clear(authorized.request.secure);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
