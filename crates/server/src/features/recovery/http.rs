//! `/auth/password-reset/*` and `/auth/me/email*`.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Recovery;
use super::usecases;
use crate::codes::FieldCode;
use crate::error::{Error, Problem, Result};
use crate::features::sessions::Anonymous;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::refusals::BodyRefusals;

pub fn routes() -> OpenApiRouter<Recovery> {
    OpenApiRouter::new()
        .routes(routes!(request_password_reset))
        .routes(routes!(reset_password))
        .routes(routes!(request_email_change))
        .routes(routes!(confirm_email_change))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestPasswordResetRequest {
    email: String,
}

/// Ask for a new password
///
/// Mails a link to the address if it belongs to an account. The answer is the same if it doesn't.
#[utoipa::path(post, path = "/auth/password-reset/request", operation_id = "request_password_reset", tag = "account",
    request_body = RequestPasswordResetRequest, extensions(("x-permission" = json!("public"))), responses(
    (status = 202, description = "If there is such an account, a mail is on its way"),
    BodyRefusals,
    (status = 422, description = "Not an e-mail address", body = Problem)))]
async fn request_password_reset(
    State(recovery): State<Recovery>,
    Anonymous(context): Anonymous,
    body: JsonBody<RequestPasswordResetRequest>,
) -> Result<StatusCode> {
    usecases::request_password_reset(&recovery, &body.parse()?.email, &context).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetPasswordRequest {
    /// From the link in the mail.
    token: String,
    /// 12 to 256 characters, not one of the common ones.
    password: String,
}

/// Set a new password with the link from the mail
///
/// Ends every session of the account. The link works once.
#[utoipa::path(post, path = "/auth/password-reset/reset", operation_id = "reset_password", tag = "account",
    request_body = ResetPasswordRequest, extensions(("x-permission" = json!("public"))), responses(
    (status = 204, description = "Set: sign in with it"),
    BodyRefusals,
    (status = 422, description = "`token`: unknown, used or expired; `password`: breaks a rule", body = Problem),
    (status = 429, description = "Too many unknown tokens", body = Problem)))]
async fn reset_password(
    State(recovery): State<Recovery>,
    Anonymous(context): Anonymous,
    body: JsonBody<ResetPasswordRequest>,
) -> Result<StatusCode> {
    let request = body.parse()?;
    usecases::reset_password(&recovery, &request.token, request.password, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestEmailChangeRequest {
    /// The new address.
    email: String,
    /// The current password.
    password: String,
}

/// Change my e-mail address
///
/// Mails a link to the new address, which confirms it, and a notice to the current one. Nothing changes before.
#[utoipa::path(post, path = "/auth/me/email", operation_id = "request_email_change", tag = "account",
    request_body = RequestEmailChangeRequest, extensions(("x-permission" = json!("profile.manage"))), responses(
    (status = 202, description = "A mail is on its way to the new address"),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "The workspace changed", body = Problem),
    (status = 422, description = "A field breaks a rule, or the password is wrong", body = Problem),
    (status = 429, description = "Too many failures, or asked too often", body = Problem)))]
async fn request_email_change(
    State(recovery): State<Recovery>,
    allowed: Allowed<grant::ProfileManage>,
    body: JsonBody<RequestEmailChangeRequest>,
) -> Result<StatusCode> {
    let request = body.parse()?;
    if request.password.is_empty() || request.password.len() > 1024 {
        return Err(Error::invalid(
            "password",
            FieldCode::characters(1, 1024),
            "must have 1 to 1024 characters",
        ));
    }
    usecases::request_email_change(&recovery, allowed.authorized(), &request.email, request.password).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmEmailChangeRequest {
    /// From the link in the mail.
    token: String,
}

/// Confirm my new e-mail address
///
/// Needs no session: the link may be opened on another device.
#[utoipa::path(post, path = "/auth/me/email/confirm", operation_id = "confirm_email_change", tag = "account",
    request_body = ConfirmEmailChangeRequest, extensions(("x-permission" = json!("public"))), responses(
    (status = 204, description = "It is the account's address now"),
    BodyRefusals,
    (status = 409, description = "`email_taken`: it became another account's address in the meantime", body = Problem),
    (status = 422, description = "`token`: unknown, used or expired", body = Problem),
    (status = 429, description = "Too many unknown tokens", body = Problem)))]
async fn confirm_email_change(
    State(recovery): State<Recovery>,
    Anonymous(context): Anonymous,
    body: JsonBody<ConfirmEmailChangeRequest>,
) -> Result<StatusCode> {
    usecases::confirm_email_change(&recovery, &body.parse()?.token, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}
