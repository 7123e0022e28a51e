//! `/organizations/current/invitations*` and `/organizations/invitations/*`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Invitations;
use super::accept::{self, AccountFields};
use super::rules::{Delivery, Status};
use super::usecases::{self, Followed, Outcome};
use super::{LIFETIME, MOST_AT_ONCE};
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Kind, Problem, Result};
use crate::features::sessions::{Anonymous, CurrentOperation};
use crate::operation::{Allowed, Recent};
use crate::permissions::{Role, grant};
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::idempotency::{Attempt, IdempotencyKey};
use crate::plumbing::edge::paging::{ListQuery, Page};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{BodyRefusals, ListRefusals};

pub fn routes() -> OpenApiRouter<Invitations> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, create_invitations))
        .routes(routes!(revoke_invitation))
        .routes(routes!(resend_invitation))
        .routes(routes!(get_invitation))
        .routes(routes!(accept_invitation))
}

#[derive(Debug, Serialize, ToSchema)]
struct Invitation {
    id: Uuid,
    email: String,
    role: Role,
    status: Status,
    invited_by: Uuid,
    invited_by_name: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// What became of the mail with the link; none where no mail server carries it, and for a mail of long ago.
    delivery: Option<Delivery>,
    /// Only when it was just made or sent again and there is no mail server: pass it on to whoever is invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Invitation {
    fn new(Followed { row, delivery }: Followed, link: Option<String>) -> Self {
        Self {
            id: row.id,
            email: row.email,
            role: row.role,
            status: row.status,
            invited_by: row.invited_by,
            invited_by_name: row.invited_by_name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            accepted_at: row.accepted_at,
            revoked_at: row.revoked_at,
            delivery,
            link,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InvitationQuery {
    /// Rows per page, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Order: `-created_at` (newest first, the default) or `created_at`.
    sort: Option<String>,
    /// Only addresses that contain this text.
    q: Option<String>,
    /// Only invitations in this state: pending, accepted, revoked, expired or needs_approval.
    status: Option<String>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    workspace: Option<String>,
}

/// The invitations of the current organization
#[utoipa::path(get, path = "/organizations/current/invitations", operation_id = "list_invitations", tag = "organizations",
    params(InvitationQuery), extensions(("x-permission" = json!("invitation.read"))), responses(
    (status = 200, description = "Open and past invitations", body = Page<Invitation>),
    ListRefusals,
    (status = 403, description = "Permission missing; in Personal: organization_required", body = Problem)))]
async fn list_invitations(
    State(invitations): State<Invitations>,
    allowed: Allowed<grant::InvitationRead>,
    Query(query): Query<InvitationQuery>,
) -> Result<Json<Page<Invitation>>> {
    let unknown = || {
        Error::invalid(
            "status",
            FieldCode::UnknownStatus {
                allowed: Status::ALL.map(Status::as_str).to_vec(),
            },
            "must be pending, accepted, revoked, expired or needs_approval",
        )
    };
    let status = match query.status.as_deref() {
        None => None,
        Some(text) => Some(Status::parse(text).ok_or_else(unknown)?),
    };
    let paging = ListQuery {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
        q: query.q,
        scope: None,
        workspace: query.workspace,
    }
    .check()?;
    let page = usecases::list(&invitations, allowed.authorized(), status, &paging).await?;
    Ok(Json(Page {
        items: page
            .items
            .into_iter()
            .map(|followed| Invitation::new(followed, None))
            .collect(),
        next_cursor: page.next_cursor,
    }))
}

/// One address in `email`, or up to fifty in `emails`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateInvitationsRequest {
    email: Option<String>,
    emails: Option<Vec<String>>,
    role: Role,
}

/// What became of one address.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum InvitationOutcome {
    Invited,
    AlreadyInvited,
    AlreadyMember,
}

#[derive(Debug, Serialize, ToSchema)]
struct InvitationResult {
    email: String,
    result: InvitationOutcome,
    /// Null unless invited.
    invitation: Option<Invitation>,
}

#[derive(Debug, Serialize, ToSchema)]
struct InvitationResults {
    items: Vec<InvitationResult>,
}

/// For `email` the invitation, for `emails` what became of each.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape of the answer, for the contract")]
enum CreatedInvitations {
    One(Invitation),
    Many(InvitationResults),
}

/// Invite people by mail
///
/// With one address in `email` the answer is the invitation, or 409 when there is nothing to invite to. With `emails` each address has its own result.
#[utoipa::path(post, path = "/organizations/current/invitations", operation_id = "create_invitations", tag = "organizations",
    request_body = CreateInvitationsRequest, params(("Idempotency-Key" = Option<String>, Header)),
    extensions(("x-permission" = json!("invitation.create")), ("x-reauthentication" = json!(true))), responses(
    (status = 201, description = "Invited", body = CreatedInvitations),
    (status = 409, description = "`already_invited`, `already_member` (for `email`); the workspace changed; the idempotency key was used for something else",
        body = Problem),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or the role is beyond one's reach (`delegation`)", body = Problem),
    (status = 429, description = "Too many invitations today", body = Problem)))]
async fn create_invitations(
    State(invitations): State<Invitations>,
    allowed: Recent<grant::InvitationCreate>,
    key: IdempotencyKey,
    body: JsonBody<CreateInvitationsRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let one = request.email.is_some();
    let emails = usecases::check_addresses(&addresses(request.email, request.emails)?)?;
    let attempt = Attempt::new("create_invitations", &key, body.bytes());
    let show = |outcomes| if one { show_one(outcomes) } else { show_many(outcomes) };
    let answer = usecases::create(
        &invitations,
        allowed.authorized(),
        &emails,
        request.role,
        &attempt,
        show,
    )
    .await?;
    Ok((answer.status, Json(answer.body)).into_response())
}

/// Each address with the field it came in.
fn addresses(email: Option<String>, emails: Option<Vec<String>>) -> Result<Vec<(String, String)>> {
    match (email, emails) {
        (Some(email), None) => Ok(vec![("email".to_owned(), email)]),
        (None, Some(emails)) if (1..=MOST_AT_ONCE).contains(&emails.len()) => Ok(emails
            .into_iter()
            .enumerate()
            .map(|(index, email)| (format!("emails[{index}]"), email))
            .collect()),
        (None, Some(_)) => {
            let message = format!("must hold 1 to {MOST_AT_ONCE} addresses");
            Err(Error::invalid("emails", FieldCode::entries(1, MOST_AT_ONCE), message))
        }
        (None, None) => Err(Error::invalid("email", FieldCode::Required, "is required, or emails")),
        (Some(_), Some(_)) => Err(Error::invalid(
            "emails",
            FieldCode::Exclusive { other: "email" },
            "must not come with email",
        )),
    }
}

fn show_one(outcomes: Vec<(String, Outcome)>) -> Result<Value> {
    match outcomes.into_iter().next() {
        Some((_, Outcome::Made { invitation, link })) => {
            serde_json::to_value(Invitation::new(invitation, link)).map_err(Error::internal)
        }
        Some((_, Outcome::AlreadyMember)) => Err(Error::conflict(
            ErrorCode::AlreadyMember,
            "This address belongs to a member of the organization.",
        )),
        _ => Err(Error::conflict(
            ErrorCode::AlreadyInvited,
            "This address has an open invitation: send it again, or withdraw it first.",
        )),
    }
}

fn show_many(outcomes: Vec<(String, Outcome)>) -> Result<Value> {
    let show = |(email, outcome)| {
        let (result, invitation) = match outcome {
            Outcome::Made { invitation, link } => (InvitationOutcome::Invited, Some(Invitation::new(invitation, link))),
            Outcome::AlreadyInvited => (InvitationOutcome::AlreadyInvited, None),
            Outcome::AlreadyMember => (InvitationOutcome::AlreadyMember, None),
        };
        InvitationResult {
            email,
            result,
            invitation,
        }
    };
    let results = InvitationResults {
        items: outcomes.into_iter().map(show).collect(),
    };
    serde_json::to_value(results).map_err(Error::internal)
}

/// Withdraw an invitation
///
/// Its link stops working. Again: nothing changes.
#[utoipa::path(delete, path = "/organizations/current/invitations/{id}", operation_id = "revoke_invitation", tag = "organizations",
    params(("id" = Uuid, Path)), extensions(("x-permission" = json!("invitation.revoke"))), responses(
    (status = 204, description = "Withdrawn"),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or the role is beyond one's reach (`delegation`)", body = Problem),
    (status = 404, description = "No such invitation here", body = Problem),
    (status = 409, description = "`invitation_used`: accepted already; the workspace changed", body = Problem)))]
async fn revoke_invitation(
    State(invitations): State<Invitations>,
    allowed: Allowed<grant::InvitationRevoke>,
    Id(id): Id,
) -> Result<StatusCode> {
    usecases::revoke(&invitations, allowed.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send an invitation again
///
/// With a new link and seven new days, also when it expired or needs approval. I become the inviter.
#[utoipa::path(post, path = "/organizations/current/invitations/{id}/resend", operation_id = "resend_invitation", tag = "organizations",
    params(("id" = Uuid, Path)), extensions(("x-permission" = json!("invitation.create")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "Sent", body = Invitation),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "Permission missing, or the role is beyond one's reach (`delegation`)", body = Problem),
    (status = 404, description = "No such invitation here", body = Problem),
    (status = 409, description = "`invitation_used`, `invitation_revoked`; the workspace changed", body = Problem),
    (status = 429, description = "Sent too often", body = Problem)))]
async fn resend_invitation(
    State(invitations): State<Invitations>,
    allowed: Recent<grant::InvitationCreate>,
    Id(id): Id,
) -> Result<Json<Invitation>> {
    let (followed, link) = usecases::resend(&invitations, allowed.authorized(), id).await?;
    Ok(Json(Invitation::new(followed, link)))
}

/// What somebody is invited to.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationPage {
    status: Status,
    organization_name: String,
    organization_slug: String,
    organization_color: String,
    role: Role,
    invited_by_name: String,
    /// The invited address.
    email: String,
    /// Then its session is needed to accept; otherwise an account is made.
    account_exists: bool,
    /// The language for the page.
    locale: String,
    expires_at: DateTime<Utc>,
    /// How long an invitation lives, in days.
    lifetime_days: i64,
}

/// See what a link invites to
///
/// Opening it changes nothing, as often as mail scanners like.
#[utoipa::path(get, path = "/organizations/invitations/{token}", operation_id = "get_invitation", tag = "organizations",
    params(("token" = String, Path, description = "From the link in the mail")), extensions(("x-permission" = json!("public"))), responses(
    (status = 200, description = "The invitation, whatever its state", body = InvitationPage),
    (status = 404, description = "Nobody was given this link, or it was replaced by a newer one", body = Problem),
    (status = 429, description = "Too many unknown links", body = Problem)))]
async fn get_invitation(
    State(invitations): State<Invitations>,
    Anonymous(context): Anonymous,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response> {
    let Path(token) = token.map_err(|_| Error::not_found())?;
    let (link, status) = accept::look_up(&invitations, &token, &context).await?;
    let page = InvitationPage {
        status,
        organization_name: link.organization_name,
        organization_slug: link.organization_slug,
        organization_color: link.organization_color,
        role: link.role,
        invited_by_name: link.inviter_name,
        email: link.email,
        account_exists: link.account.is_some(),
        locale: link.locale,
        expires_at: link.facts.expires_at,
        lifetime_days: LIFETIME.num_days(),
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(page)).into_response())
}

/// For an address without an account: `username` and `password` are required then, and ignored otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptInvitationRequest {
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// 12 to 256 characters, not one of the common ones.
    password: Option<String>,
    /// `en` or `fr`.
    locale: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AcceptedInvitation {
    organization_id: Uuid,
    organization_name: String,
    /// Mine there now.
    role: Role,
    account_created: bool,
    /// I was a member before; nothing changed.
    already_member: bool,
}

/// Accept an invitation
///
/// With the session of the invited account, or with the fields of a new one, whose address counts as confirmed. Signs nobody in and switches no workspace.
/// Again by the same person: the same answer.
#[utoipa::path(post, path = "/organizations/invitations/{token}/accept", operation_id = "accept_invitation", tag = "organizations",
    params(("token" = String, Path, description = "From the link in the mail")), request_body = AcceptInvitationRequest,
    extensions(("x-permission" = json!("public"))), responses(
    (status = 200, description = "A member now", body = AcceptedInvitation),
    BodyRefusals,
    (status = 401, description = "`sign_in_required`: the address has an account", body = Problem),
    (status = 403, description = "Sent by a page of another site", body = Problem),
    (status = 404, description = "Nobody was given this link, or it was replaced by a newer one", body = Problem),
    (status = 409, description = "`wrong_account` (the detail names the invited address), `invitation_used`, `invitation_revoked`, `invitation_expired`, \
        `needs_approval`; the workspace changed", body = Problem),
    (status = 422, description = "A field of the new account breaks a rule", body = Problem),
    (status = 429, description = "Too many unknown links", body = Problem)))]
async fn accept_invitation(
    State(invitations): State<Invitations>,
    Anonymous(context): Anonymous,
    operation: Result<CurrentOperation>,
    headers: HeaderMap,
    token: Result<Path<String>, PathRejection>,
    body: JsonBody<AcceptInvitationRequest>,
) -> Result<Json<AcceptedInvitation>> {
    let Path(token) = token.map_err(|_| Error::not_found())?;
    let session = match operation {
        Ok(CurrentOperation(operation)) => Some(operation),
        // A browser may still hold the cookie of a session that ended: that is nobody. A program that says who it is must be right.
        Err(error) if error.kind == Kind::Unauthenticated && !headers.contains_key(header::AUTHORIZATION) => None,
        Err(error) => return Err(error),
    };
    let fields = || {
        body.parse().map(|request| AccountFields {
            username: request.username,
            first_name: request.first_name,
            last_name: request.last_name,
            password: request.password,
            locale: request.locale,
        })
    };
    let accepted = accept::accept(&invitations, &token, session.as_ref(), &context, fields).await?;
    Ok(Json(AcceptedInvitation {
        organization_id: accepted.organization_id,
        organization_name: accepted.organization_name,
        role: accepted.role,
        account_created: accepted.account_created,
        already_member: accepted.already_member,
    }))
}
