//! `/organizations/current/members/{user_id}`, leaving, and the transfer of the ownership.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::usecases;
use crate::error::{Problem, Result};
use crate::features::organizations::Organizations;
use crate::features::organizations::http::Member;
use crate::features::sessions::{Me, signed_in_response};
use crate::operation::{Allowed, Recent};
use crate::permissions::{Role, WorkspaceRole, grant};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::params::Id;
use crate::plumbing::edge::refusals::{BodyRefusals, ReadRefusals};
use crate::plumbing::edge::versions::IfMatch;

pub fn routes() -> OpenApiRouter<Organizations> {
    OpenApiRouter::new()
        .routes(routes!(assign_member_role, remove_member))
        .routes(routes!(leave_organization))
        .routes(routes!(transfer_ownership))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignRoleRequest {
    role: Role,
}

/// Change a member's role
///
/// Within the own reach: an owner gives any role to anyone, an admin changes between admin and user, a manager between manager
/// and user. Works at once, in every session of the member.
#[utoipa::path(put, path = "/organizations/current/members/{user_id}", operation_id = "assign_member_role", tag = "organizations",
    params(("user_id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = AssignRoleRequest,
    extensions(("x-permission" = json!("member.assign_role")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "The member as it is now", body = Member),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or out of reach: delegation", body = Problem),
    (status = 404, description = "Not a member of this organization", body = Problem),
    (status = 409, description = "The workspace changed, or this is the last owner: last_owner", body = Problem),
    (status = 412, description = "Changed by somebody else", body = Problem)))]
async fn assign_member_role(
    State(organizations): State<Organizations>,
    allowed: Recent<grant::MemberAssignRole>,
    Id(user_id): Id,
    if_match: IfMatch,
    body: JsonBody<AssignRoleRequest>,
) -> Result<Response> {
    let authorized = allowed.authorized();
    let role = || body.parse().map(|request| request.role);
    let row = usecases::change_role(&organizations, authorized, user_id, &if_match, role).await?;
    // Whoever changed the own role sees the answer with it.
    let seen_by = if user_id == authorized.user_id {
        WorkspaceRole::Organization(row.role)
    } else {
        authorized.workspace.role()
    };
    Ok(usecases::tag(row.user_id, row.role).on(Member::new(row, seen_by)))
}

/// Remove a member
///
/// Within the own reach, as for roles. The member's sessions go on in Personal; keys that are bound to the membership end.
#[utoipa::path(delete, path = "/organizations/current/members/{user_id}", operation_id = "remove_member", tag = "organizations",
    params(("user_id" = Uuid, Path)), extensions(("x-permission" = json!("member.remove")), ("x-reauthentication" = json!(true))), responses(
    (status = 204, description = "Removed"),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or out of reach: delegation", body = Problem),
    (status = 404, description = "Not a member of this organization", body = Problem),
    (status = 409, description = "The workspace changed, or this is the last owner: last_owner", body = Problem)))]
async fn remove_member(
    State(organizations): State<Organizations>,
    allowed: Recent<grant::MemberRemove>,
    Id(user_id): Id,
) -> Result<StatusCode> {
    usecases::remove(&organizations, allowed.authorized(), user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leave the current organization
///
/// This session goes on in Personal, with a new token; so do my other sessions there.
#[utoipa::path(post, path = "/organizations/current/leave", operation_id = "leave_organization", tag = "organizations",
    extensions(("x-permission" = json!("member.leave"))), responses(
    (status = 200, description = "Who I am in Personal", body = Me),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "In Personal: organization_required", body = Problem),
    (status = 409, description = "The workspace changed, or I am the last owner: last_owner", body = Problem)))]
async fn leave_organization(
    State(organizations): State<Organizations>,
    allowed: Allowed<grant::MemberLeave>,
    headers: HeaderMap,
) -> Result<Response> {
    let (operation, token) = usecases::leave(&organizations, allowed.authorized()).await?;
    signed_in_response(
        &organizations.sessions,
        operation,
        token,
        headers.contains_key(header::AUTHORIZATION),
    )
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TransferOwnershipRequest {
    /// The member who becomes an owner.
    user_id: Uuid,
    /// What I am afterwards; admin unless told.
    keep_role: Option<Role>,
}

/// Both sides of a transfer, as they are now.
#[derive(Debug, Serialize, ToSchema)]
struct OwnershipTransfer {
    new_owner: Member,
    previous_owner: Member,
}

/// Transfer the ownership
///
/// For owners: another member becomes an owner and I stop being one, in one act.
#[utoipa::path(post, path = "/organizations/current/transfer_ownership", operation_id = "transfer_ownership", tag = "organizations",
    request_body = TransferOwnershipRequest, extensions(("x-permission" = json!("member.assign_role")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "Transferred", body = OwnershipTransfer),
    ReadRefusals, BodyRefusals,
    (status = 403, description = "Permission missing, or not an owner: delegation", body = Problem)))]
async fn transfer_ownership(
    State(organizations): State<Organizations>,
    allowed: Recent<grant::MemberAssignRole>,
    body: JsonBody<TransferOwnershipRequest>,
) -> Result<Json<OwnershipTransfer>> {
    let request = || {
        let request = body.parse()?;
        Ok((request.user_id, request.keep_role.unwrap_or(Role::Admin)))
    };
    let (new_owner, previous_owner) =
        usecases::transfer_ownership(&organizations, allowed.authorized(), request).await?;
    let seen_by = WorkspaceRole::Organization(previous_owner.role);
    Ok(Json(OwnershipTransfer {
        new_owner: Member::new(new_owner, seen_by),
        previous_owner: Member::new(previous_owner, seen_by),
    }))
}
