//! `/organizations*`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Organizations;
use super::store::{MemberRow, OrganizationRow};
use super::usecases::{self, OrganizationChange, OrganizationRequest, PolicyChange};
use crate::error::{Error, Problem, Result};
use crate::features::sessions::{Me, Transport, signed_in_response};
use crate::operation::{Allowed, Recent};
use crate::permissions::{Permission, Role, WorkspaceRole, assignable_roles, grant};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page};
use crate::plumbing::edge::params::Query;
use crate::plumbing::edge::refusals::{BodyRefusals, ListRefusals, ReadRefusals};
use crate::plumbing::edge::versions::IfMatch;

pub fn routes() -> OpenApiRouter<Organizations> {
    OpenApiRouter::new()
        .routes(routes!(list_organizations, create_organization))
        .routes(routes!(
            get_current_organization,
            switch_organization,
            update_current_organization
        ))
        .routes(routes!(update_policies))
        .routes(routes!(get_current_role))
        .routes(routes!(list_members))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Organization {
    id: Uuid,
    name: String,
    slug: String,
    #[schema(example = "#4f46e5")]
    color: String,
    /// Mine.
    role: Role,
    /// What I may invite somebody as.
    assignable_roles: Vec<Role>,
    members_count: i64,
    subscription_plan: String,
    approve_before_provisioning: bool,
    members_can_create_keys: bool,
    created_at: DateTime<Utc>,
}

impl From<OrganizationRow> for Organization {
    fn from(row: OrganizationRow) -> Self {
        let mine = WorkspaceRole::Organization(row.role);
        Self {
            id: row.id,
            name: row.name,
            slug: row.slug,
            color: row.color,
            assignable_roles: assignable_roles(mine, Permission::InvitationCreate, None),
            role: row.role,
            members_count: row.members_count,
            subscription_plan: row.subscription_plan,
            approve_before_provisioning: row.approve_before_provisioning,
            members_can_create_keys: row.members_can_create_keys,
            created_at: row.created_at,
        }
    }
}

/// My organizations
#[utoipa::path(get, path = "/organizations", operation_id = "list_organizations", tag = "organizations", params(ListQuery),
    extensions(("x-permission" = json!("organization.list"))), responses(
    (status = 200, description = "The organizations I belong to", body = Page<Organization>),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The token is from before a workspace switch", body = Problem),
    (status = 422, description = "A parameter breaks a rule", body = Problem)))]
async fn list_organizations(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::OrganizationList>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Organization>>> {
    let page = usecases::list(&organizations, allowed.authorized(), &query.check()?).await?;
    Ok(Json(Page {
        items: page.items.into_iter().map(Organization::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateOrganizationRequest {
    name: String,
    /// Part of offering names; made from the name unless given.
    slug: Option<String>,
    color: Option<String>,
}

/// Found an organization
///
/// I become its owner. The session stays in its workspace.
#[utoipa::path(post, path = "/organizations", operation_id = "create_organization", tag = "organizations",
    request_body = CreateOrganizationRequest, params(("Idempotency-Key" = Option<String>, Header)),
    extensions(("x-permission" = json!("organization.create"))), responses(
    (status = 201, description = "Founded", body = Organization),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed, or the idempotency key was used for something else", body = Problem)))]
async fn create_organization(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::OrganizationCreate>,
    key: IdempotencyKey,
    body: JsonBody<CreateOrganizationRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let request = OrganizationRequest {
        name: request.name,
        slug: request.slug,
        color: request.color,
    };
    let attempt = Attempt::new("create_organization", &key, body.bytes());
    let show = |row| serde_json::to_value(Organization::from(row)).map_err(Error::internal);
    let answer = usecases::create(&organizations, allowed.authorized(), request, &attempt, show).await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SwitchOrganizationRequest {
    /// Null: Personal.
    #[serde(deserialize_with = "required_nullable")]
    #[schema(required)]
    organization_id: Option<Uuid>,
    #[serde(default)]
    transport: Transport,
}

/// An absent field is an error, a null is a value.
fn required_nullable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    Option::deserialize(deserializer)
}

/// Switch workspace
///
/// Moves this session and re-issues its token; the one before answers 409 from now on.
#[utoipa::path(put, path = "/organizations/current", operation_id = "switch_organization", tag = "organizations",
    request_body = SwitchOrganizationRequest, extensions(("x-permission" = json!("organization.list"))), responses(
    (status = 200, description = "Who I am there", body = Me),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The token is from before another switch", body = Problem),
    (status = 422, description = "Not an organization I belong to", body = Problem)))]
async fn switch_organization(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::OrganizationList>,
    headers: HeaderMap,
    body: JsonBody<SwitchOrganizationRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let (operation, token) = usecases::switch(&organizations, allowed.authorized(), request.organization_id).await?;
    let as_bearer = request.transport == Transport::Bearer || headers.contains_key(header::AUTHORIZATION);
    signed_in_response(&organizations.sessions, operation, token, as_bearer).await
}

/// The current organization
#[utoipa::path(get, path = "/organizations/current", operation_id = "get_current_organization", tag = "organizations",
    extensions(("x-permission" = json!("organization.read"))), responses(
    (status = 200, description = "The organization of this workspace; ETag for updates", body = Organization),
    ReadRefusals,
    (status = 403, description = "In Personal: organization_required", body = Problem)))]
async fn get_current_organization(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::OrganizationRead>,
) -> Result<Response> {
    let row = usecases::current(&organizations, allowed.authorized()).await?;
    Ok(tagged(row))
}

/// Fields that are absent stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateOrganizationRequest {
    name: Option<String>,
    slug: Option<String>,
    color: Option<String>,
}

/// Change the current organization
#[utoipa::path(patch, path = "/organizations/current", operation_id = "update_current_organization", tag = "organizations",
    request_body = UpdateOrganizationRequest, params(("If-Match" = Option<String>, Header)),
    extensions(("x-permission" = json!("organization.update"))), responses(
    (status = 200, description = "As it is now", body = Organization),
    ReadRefusals, BodyRefusals,
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn update_current_organization(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::OrganizationUpdate>,
    if_match: IfMatch,
    body: JsonBody<UpdateOrganizationRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let change = OrganizationChange {
        name: request.name,
        slug: request.slug,
        color: request.color,
    };
    let row = usecases::update(&organizations, allowed.authorized(), change, &if_match).await?;
    Ok(tagged(row))
}

/// Policies that are absent stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdatePoliciesRequest {
    /// No provider is called before the economic activation.
    approve_before_provisioning: Option<bool>,
    /// Users and managers may make keys, and change those they made.
    members_can_create_keys: Option<bool>,
}

/// Change the current organization's policies
#[utoipa::path(patch, path = "/organizations/current/policies", operation_id = "update_policies", tag = "organizations",
    request_body = UpdatePoliciesRequest, params(("If-Match" = Option<String>, Header)),
    extensions(("x-permission" = json!("organization.policy")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "The organization as it is now", body = Organization),
    ReadRefusals, BodyRefusals,
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn update_policies(
    State(organizations): State<Organizations>,
    allowed: Recent<grant::OrganizationPolicy>,
    if_match: IfMatch,
    body: JsonBody<UpdatePoliciesRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let change = PolicyChange {
        approve_before_provisioning: request.approve_before_provisioning,
        members_can_create_keys: request.members_can_create_keys,
    };
    let row = usecases::update_policies(&organizations, allowed.authorized(), change, &if_match).await?;
    Ok(tagged(row))
}

fn tagged(row: OrganizationRow) -> Response {
    usecases::tag(&row).on(Organization::from(row))
}

#[derive(Debug, Serialize, ToSchema)]
struct CurrentRole {
    organization_id: Uuid,
    role: Role,
}

/// My role here
#[utoipa::path(get, path = "/organizations/current/role", operation_id = "get_current_role", tag = "organizations",
    extensions(("x-permission" = json!("organization.read"))), responses(
    (status = 200, description = "My role in the organization of this workspace", body = CurrentRole),
    ReadRefusals,
    (status = 403, description = "In Personal: organization_required", body = Problem)))]
async fn get_current_role(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::OrganizationRead>,
) -> Result<Json<CurrentRole>> {
    let row = usecases::current(&organizations, allowed.authorized()).await?;
    Ok(Json(CurrentRole {
        organization_id: row.id,
        role: row.role,
    }))
}

/// Somebody who belongs to the organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    user_id: Uuid,
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    role: Role,
    created_at: DateTime<Utc>,
    last_seen_at: Option<DateTime<Utc>>,
    /// What whoever reads this may make of the member, the present role included; empty when that is for others to decide.
    assignable_roles: Vec<Role>,
}

impl Member {
    /// As somebody in this capacity sees them.
    pub fn new(row: MemberRow, seen_by: WorkspaceRole) -> Self {
        Self {
            assignable_roles: assignable_roles(seen_by, Permission::MemberAssignRole, Some(row.role)),
            user_id: row.user_id,
            email: row.email,
            username: row.username,
            first_name: row.first_name,
            last_name: row.last_name,
            role: row.role,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

/// The members of the current organization
#[utoipa::path(get, path = "/organizations/current/members", operation_id = "list_members", tag = "organizations", params(ListQuery),
    extensions(("x-permission" = json!("member.read"))), responses(
    (status = 200, description = "Members with their roles", body = Page<Member>),
    ListRefusals,
    (status = 403, description = "In Personal: organization_required", body = Problem)))]
async fn list_members(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::MemberRead>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Member>>> {
    let authorized = allowed.authorized();
    let seen_by = authorized.workspace.role();
    let page = usecases::members(&organizations, authorized, &query.check()?).await?;
    Ok(Json(Page {
        items: page.items.into_iter().map(|row| Member::new(row, seen_by)).collect(),
        next_cursor: page.next_cursor,
    }))
}
