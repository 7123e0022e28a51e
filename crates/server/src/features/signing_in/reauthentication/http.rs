//! `/auth/reauthenticate*`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::usecases::{self, Confirmation};
use crate::codes::FieldCode;
use crate::error::{Error, Problem, Result};
use crate::features::second_factors::{Method, Proof};
use crate::features::signing_in::SigningIn;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::refusals::{BodyRefusals, ReadRefusals};

pub fn routes() -> OpenApiRouter<SigningIn> {
    OpenApiRouter::new()
        .routes(routes!(start_reauthentication))
        .routes(routes!(reauthenticate))
}

#[derive(Debug, Serialize, ToSchema)]
struct ReauthenticationChoices {
    /// What the answer may be.
    methods: Vec<Method>,
    /// To send back with a passkey's answer, within five minutes; null without a passkey for this host name.
    ceremony_id: Option<Uuid>,
    /// `publicKey` of `navigator.credentials.get`, binary parts in base64url.
    #[schema(value_type = Option<Object>)]
    passkey_options: Option<Value>,
}

/// How I can confirm that it is me
#[utoipa::path(post, path = "/auth/reauthenticate/start", operation_id = "start_reauthentication", tag = "account",
    extensions(("x-permission" = json!("session.manage"))),
    responses((status = 200, description = "What the answer may be", body = ReauthenticationChoices), ReadRefusals))]
async fn start_reauthentication(
    State(signing_in): State<SigningIn>,
    allowed: Allowed<grant::SessionManage>,
) -> Result<Json<ReauthenticationChoices>> {
    let choices = usecases::start(&signing_in, allowed.authorized()).await?;
    let (ceremony_id, passkey_options) = choices.passkey.map(|ceremony| (ceremony.id, ceremony.options)).unzip();
    Ok(Json(ReauthenticationChoices {
        methods: choices.methods,
        ceremony_id,
        passkey_options,
    }))
}

/// One of `password`, `code` and `passkey`; `ceremony_id` goes with `passkey`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReauthenticateRequest {
    password: Option<String>,
    /// Of the authenticator app.
    code: Option<String>,
    ceremony_id: Option<Uuid>,
    /// What `navigator.credentials.get` gave, binary parts in base64url.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
}

impl ReauthenticateRequest {
    fn confirmation(self) -> Result<Confirmation> {
        match (self.password, self.code, self.passkey) {
            (Some(password), None, None) if password.is_empty() || password.len() > 1024 => Err(Error::invalid(
                "password",
                FieldCode::characters(1, 1024),
                "must have 1 to 1024 characters",
            )),
            (Some(password), None, None) => Ok(Confirmation::Password(password)),
            (None, Some(code), None) => Ok(Confirmation::Code(code)),
            (None, None, Some(answer)) => {
                let ceremony = self.ceremony_id;
                let ceremony = ceremony
                    .ok_or_else(|| Error::invalid("ceremony_id", FieldCode::Required, "is required with passkey"))?;
                Ok(Confirmation::Passkey(ceremony, Proof::passkey(answer)?))
            }
            _ => Err(Error::invalid(
                "password",
                FieldCode::OneOf {
                    fields: vec!["password", "code", "passkey"],
                },
                "give exactly one of password, code and passkey",
            )),
        }
    }
}

/// Confirm that it is me
///
/// What answers 403 `reauthentication_required` works for the next fifteen minutes. Signing in counts, too.
#[utoipa::path(post, path = "/auth/reauthenticate", operation_id = "reauthenticate", tag = "account", request_body = ReauthenticateRequest,
    extensions(("x-permission" = json!("session.manage"))), responses(
    (status = 204, description = "Confirmed"),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 409, description = "A passkey can't be used under this address, or the workspace changed", body = Problem),
    (status = 422, description = "Wrong, or a field breaks a rule", body = Problem),
    (status = 429, description = "Too many failures; see Retry-After", body = Problem)))]
async fn reauthenticate(
    State(signing_in): State<SigningIn>,
    allowed: Allowed<grant::SessionManage>,
    body: JsonBody<ReauthenticateRequest>,
) -> Result<StatusCode> {
    usecases::reauthenticate(&signing_in, allowed.authorized(), body.parse()?.confirmation()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
