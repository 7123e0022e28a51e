//! `/auth/login`, `/auth/me/password`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::SigningIn;
use super::usecases::{self, Login};
use crate::codes::FieldCode;
use crate::error::{Error, Problem, Result};
use crate::features::second_factors::{SecondFactorChallenge, challenge_response};
use crate::features::sessions::{Anonymous, Me, SignedIn, Transport, signed_in_response};
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::origin;
use crate::plumbing::edge::refusals::BodyRefusals;

pub fn routes() -> OpenApiRouter<SigningIn> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(change_password))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    /// E-mail or username.
    login: String,
    password: String,
    #[serde(default)]
    transport: Transport,
}

/// Sign in
///
/// An account with a second factor answers 202 with a challenge; `answer_second_factor` turns it into a session.
#[utoipa::path(post, path = "/auth/login", operation_id = "login", tag = "account", request_body = LoginRequest,
    extensions(("x-permission" = json!("public"))), responses(
    (status = 200, description = "Signed in, in the Personal workspace", body = Me),
    (status = 202, description = "The password is right, and the account asks for a second factor", body = SecondFactorChallenge),
    BodyRefusals,
    (status = 401, description = "Wrong e-mail, username or password", body = Problem),
    (status = 403, description = "Sent by a page of another site", body = Problem),
    (status = 429, description = "Too many failures; see Retry-After", body = Problem)))]
async fn login(
    State(signing_in): State<SigningIn>,
    Anonymous(context): Anonymous,
    headers: HeaderMap,
    body: JsonBody<LoginRequest>,
) -> Result<Response> {
    origin::check(
        &axum::http::Method::POST,
        &headers,
        &signing_in.core.config.public_origin(),
    )?;
    let request = body.parse()?;
    for (field, value) in [("login", &request.login), ("password", &request.password)] {
        if value.is_empty() || value.len() > 1024 {
            return Err(Error::invalid(
                field,
                FieldCode::characters(1, 1024),
                "must have 1 to 1024 characters",
            ));
        }
    }
    match usecases::login(&signing_in, &request.login, request.password, &context).await? {
        Login::SignedIn(SignedIn { operation, token }) => {
            signed_in_response(
                &signing_in.sessions,
                operation,
                token,
                request.transport == Transport::Bearer,
            )
            .await
        }
        Login::Challenged(challenge) => Ok(challenge_response(challenge)),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordRequest {
    current_password: String,
    /// 12 to 256 characters.
    new_password: String,
}

/// Change my password
///
/// Ends all other sessions.
#[utoipa::path(put, path = "/auth/me/password", operation_id = "change_password", tag = "account", request_body = ChangePasswordRequest,
    extensions(("x-permission" = json!("profile.manage"))), responses(
    (status = 204, description = "Changed"),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "Changed in the meantime", body = Problem),
    (status = 422, description = "A field breaks a rule, or the current password is wrong", body = Problem),
    (status = 429, description = "Too many failures", body = Problem)))]
async fn change_password(
    State(signing_in): State<SigningIn>,
    allowed: Allowed<grant::ProfileManage>,
    body: JsonBody<ChangePasswordRequest>,
) -> Result<StatusCode> {
    let request = body.parse()?;
    usecases::change_password(
        &signing_in,
        allowed.authorized(),
        request.current_password,
        request.new_password,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
