//! `DELETE /organizations/current` and its preview, `DELETE /auth/me`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::OrganizationDeletion;
use super::usecases::{self, Preview};
use crate::error::{Problem, Result};
use crate::features::instances::Status;
use crate::features::sessions::{Me, signed_in_response};
use crate::operation::{Allowed, Recent};
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::refusals::{BodyRefusals, ReadRefusals};

pub fn routes() -> OpenApiRouter<OrganizationDeletion> {
    OpenApiRouter::new()
        .routes(routes!(delete_organization))
        .routes(routes!(preview_organization_deletion))
}

#[derive(Debug, Serialize, ToSchema)]
struct BlockingInstance {
    id: Uuid,
    status: Status,
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
        let blocking = |instance: crate::features::instances::LivingInstance| BlockingInstance {
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
    State(deletion): State<OrganizationDeletion>,
    allowed: Allowed<grant::OrganizationDelete>,
) -> Result<Json<DeletionPreview>> {
    let preview = usecases::preview_organization(&deletion, allowed.authorized()).await?;
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
    State(deletion): State<OrganizationDeletion>,
    allowed: Recent<grant::OrganizationDelete>,
    headers: HeaderMap,
    body: JsonBody<DeleteOrganizationRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let (operation, token) = usecases::delete_organization(&deletion, allowed.authorized(), &request.slug).await?;
    signed_in_response(
        &deletion.sessions,
        operation,
        token,
        headers.contains_key(header::AUTHORIZATION),
    )
    .await
}
