//! `DELETE /organizations/current` and its preview, `DELETE /auth/me`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::accounts;
use super::usecases::{self, Preview};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::features::identity::confirmation::confirm_password;
use crate::features::identity::http::{Me, signed_in_response};
use crate::operation::{Allowed, Recent};
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::cookies;
use crate::plumbing::edge::refusals::{BodyRefusals, ReadRefusals};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(delete_organization))
        .routes(routes!(preview_organization_deletion))
        .routes(routes!(delete_own_account))
}

#[derive(Debug, Serialize, ToSchema)]
struct BlockingInstance {
    id: Uuid,
    status: String,
    instance_type_code: String,
    zone_code: String,
}

/// What deleting the organization would end, and what stands in the way.
#[derive(Debug, Serialize, ToSchema)]
struct DeletionPreview {
    organization_id: Uuid,
    name: String,
    /// What has to be typed.
    slug: String,
    can_be_deleted: bool,
    /// Memberships that would end, mine included.
    members: i64,
    /// Sessions that would go on in Personal.
    sessions: i64,
    /// Keys that would be revoked.
    api_keys: i64,
    /// Open invitations that would be withdrawn.
    invitations: i64,
    /// Instances that must be terminated or archived first; the first 20 of them.
    blocking_instances: Vec<BlockingInstance>,
    blocking_instances_count: i64,
}

impl From<Preview> for DeletionPreview {
    fn from(preview: Preview) -> Self {
        let blocking = |instance: crate::features::instances::living::LivingInstance| BlockingInstance {
            id: instance.id,
            status: instance.status,
            instance_type_code: instance.instance_type_code,
            zone_code: instance.zone_code,
        };
        Self {
            organization_id: preview.organization.id,
            name: preview.organization.name,
            slug: preview.organization.slug,
            can_be_deleted: preview.living_instances_count == 0,
            members: preview.organization.members_count,
            sessions: preview.sessions,
            api_keys: preview.api_keys,
            invitations: preview.invitations,
            blocking_instances: preview.living_instances.into_iter().map(blocking).collect(),
            blocking_instances_count: preview.living_instances_count,
        }
    }
}

/// What deleting the current organization would do
#[utoipa::path(get, path = "/organizations/current/deletion_preview", operation_id = "preview_organization_deletion", tag = "organizations",
    extensions(("x-permission" = json!("organization.delete"))), responses(
    (status = 200, description = "What would end, and what stands in the way", body = DeletionPreview),
    ReadRefusals))]
async fn preview_organization_deletion(
    State(app): State<App>,
    allowed: Allowed<grant::OrganizationDelete>,
) -> Result<Json<DeletionPreview>> {
    let preview = usecases::preview_organization(&app, allowed.authorized()).await?;
    Ok(Json(preview.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteOrganizationRequest {
    /// The organization's slug, typed by whoever means it.
    slug: String,
}

/// Delete the current organization
///
/// Refused while an instance lives. Memberships end, everybody's sessions there go on in Personal (this one with a new token),
/// keys are revoked, open invitations withdrawn. The slug stays taken and the audit log is kept.
#[utoipa::path(delete, path = "/organizations/current", operation_id = "delete_organization", tag = "organizations",
    request_body = DeleteOrganizationRequest, extensions(("x-permission" = json!("organization.delete")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "Deleted; who I am in Personal", body = Me),
    ReadRefusals, BodyRefusals,
    (status = 409, description = "The workspace changed, or something still runs: organization_in_use, with the instances in errors", body = Problem),
    (status = 422, description = "Not the organization's slug", body = Problem)))]
async fn delete_organization(
    State(app): State<App>,
    allowed: Recent<grant::OrganizationDelete>,
    headers: HeaderMap,
    body: JsonBody<DeleteOrganizationRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let (operation, token) = usecases::delete_organization(&app, allowed.authorized(), &request.slug).await?;
    signed_in_response(&app, operation, token, headers.contains_key(header::AUTHORIZATION)).await
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
    State(app): State<App>,
    allowed: Allowed<grant::ProfileManage>,
    body: JsonBody<DeleteOwnAccountRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let authorized = allowed.authorized();
    confirm_password(&app, authorized, request.password).await?;
    accounts::close(&app, authorized, authorized.user_id).await?;
    let cookie = cookies::clear(authorized.request.secure);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
