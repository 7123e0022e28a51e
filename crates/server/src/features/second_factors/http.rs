//! `/auth/login/second-factor` and `/auth/me/{second-factors,totp,passkeys,recovery-codes}`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method as HttpMethod, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::StoredPasskey;
use super::{Method, Proof, enrolment, sign_in};
use crate::codes::FieldCode;
use crate::error::{Error, Problem, Result};
use crate::features::sessions::Anonymous;
use crate::features::sessions::{Me, Transport, signed_in_response};
use crate::operation::{Allowed, Recent};
use crate::permissions::grant;
use crate::plumbing::edge::body::JsonBody;
use crate::plumbing::edge::origin;
use crate::plumbing::edge::params::Id;
use crate::plumbing::edge::refusals::{BodyRefusals, ReadRefusals, RowRefusals};

pub fn routes() -> OpenApiRouter<super::SecondFactors> {
    OpenApiRouter::new()
        .routes(routes!(answer_second_factor))
        .routes(routes!(get_second_factors))
        .routes(routes!(start_totp, remove_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(start_passkey))
        .routes(routes!(create_passkey))
        .routes(routes!(update_passkey, delete_passkey))
        .routes(routes!(renew_recovery_codes))
}

/// The password was right; the account asks for a second factor. There is no session yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorChallenge {
    #[schema(example = true)]
    second_factor_required: bool,
    /// To send back with the answer, within five minutes.
    challenge: String,
    /// What the answer may be. Empty when the account's passkeys belong to another host name and nothing else is left.
    methods: Vec<Method>,
    /// `publicKey` of `navigator.credentials.get`, binary parts in base64url; null without a passkey for this host name.
    #[schema(value_type = Option<Object>)]
    passkey_options: Option<Value>,
    expires_at: DateTime<Utc>,
}

/// 202: the first of two steps is done.
pub fn challenge_response(challenge: sign_in::Challenge) -> Response {
    let body = SecondFactorChallenge {
        second_factor_required: true,
        challenge: challenge.token,
        methods: challenge.methods,
        passkey_options: challenge.passkey_options,
        expires_at: challenge.expires_at,
    };
    (StatusCode::ACCEPTED, no_store(Json(body).into_response())).into_response()
}

/// Secrets that are shown once are kept by nobody on the way.
fn no_store(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One of `code`, `recovery_code` and `passkey`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerSecondFactorRequest {
    challenge: String,
    /// Of the authenticator app.
    code: Option<String>,
    recovery_code: Option<String>,
    /// What `navigator.credentials.get` gave, binary parts in base64url.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
    #[serde(default)]
    transport: Transport,
}

impl AnswerSecondFactorRequest {
    fn proof(&mut self) -> Result<Proof> {
        match (self.code.take(), self.recovery_code.take(), self.passkey.take()) {
            (Some(code), None, None) => Ok(Proof::Code(code)),
            (None, Some(code), None) => Ok(Proof::RecoveryCode(code)),
            (None, None, Some(answer)) => Proof::passkey(answer),
            _ => Err(Error::invalid(
                "code",
                FieldCode::OneOf {
                    fields: vec!["code", "recovery_code", "passkey"],
                },
                "give exactly one of code, recovery_code and passkey",
            )),
        }
    }
}

/// Sign in, second step
///
/// With the challenge that `login` answered. A good answer uses the challenge up, and so do five wrong ones.
#[utoipa::path(post, path = "/auth/login/second-factor", operation_id = "answer_second_factor", tag = "account",
    request_body = AnswerSecondFactorRequest, extensions(("x-permission" = json!("public"))), responses(
    (status = 200, description = "Signed in, in the Personal workspace", body = Me),
    BodyRefusals,
    (status = 401, description = "`invalid_second_factor`: wrong, or used already; `challenge_ended`: begin with the password again", body = Problem),
    (status = 403, description = "Sent by a page of another site", body = Problem),
    (status = 409, description = "A passkey can't be used under this address", body = Problem),
    (status = 429, description = "Too many wrong codes; see Retry-After", body = Problem)))]
async fn answer_second_factor(
    State(factors): State<super::SecondFactors>,
    Anonymous(context): Anonymous,
    headers: HeaderMap,
    body: JsonBody<AnswerSecondFactorRequest>,
) -> Result<Response> {
    origin::check(&HttpMethod::POST, &headers, &factors.core.config.public_origin())?;
    let mut request = body.parse()?;
    let proof = request.proof()?;
    let signed_in = sign_in::answer(&factors, &request.challenge, proof, &context).await?;
    let as_bearer = request.transport == Transport::Bearer;
    signed_in_response(&factors.sessions, signed_in.operation, signed_in.token, as_bearer).await
}

#[derive(Debug, Serialize, ToSchema)]
struct TotpInfo {
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct PasskeyInfo {
    id: Uuid,
    name: String,
    /// The host name it works under.
    host: String,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<StoredPasskey> for PasskeyInfo {
    fn from(row: StoredPasskey) -> Self {
        Self {
            id: row.id,
            name: row.name,
            host: row.rp_id,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct SecondFactors {
    /// Null without an authenticator app.
    totp: Option<TotpInfo>,
    passkeys: Vec<PasskeyInfo>,
    recovery_codes_left: i64,
    /// Why no passkey can be added under this address: `passkeys_need_host_name` or `passkeys_need_https`; null when one can.
    passkeys_unavailable: Option<&'static str>,
}

/// My second factors
#[utoipa::path(get, path = "/auth/me/second-factors", operation_id = "get_second_factors", tag = "account",
    extensions(("x-permission" = json!("profile.manage"))),
    responses((status = 200, description = "Authenticator app, passkeys, and how many recovery codes are left", body = SecondFactors), ReadRefusals))]
async fn get_second_factors(
    State(factors): State<super::SecondFactors>,
    allowed: Allowed<grant::ProfileManage>,
) -> Result<Json<SecondFactors>> {
    let factors = enrolment::show(&factors, allowed.authorized()).await?;
    Ok(Json(SecondFactors {
        totp: factors.totp.map(|(created_at, last_used_at)| TotpInfo {
            created_at,
            last_used_at,
        }),
        passkeys: factors.passkeys.into_iter().map(PasskeyInfo::from).collect(),
        recovery_codes_left: factors.recovery_codes_left,
        passkeys_unavailable: factors.passkeys_unavailable.map(|reason| reason.code().as_str()),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
struct TotpEnrolment {
    /// To type into the app.
    secret: String,
    /// To scan, as a QR code.
    otpauth_uri: String,
}

/// Begin with an authenticator app
///
/// The secret is shown only now. The app counts once a code of it confirmed that it has the secret.
#[utoipa::path(post, path = "/auth/me/totp", operation_id = "start_totp", tag = "account",
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "What goes into the app", body = TotpEnrolment),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "`reauthentication_required`", body = Problem),
    (status = 409, description = "`totp_exists`, or the workspace changed", body = Problem)))]
async fn start_totp(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
) -> Result<Response> {
    let secret = enrolment::start_totp(&factors, recent.authorized()).await?;
    let body = TotpEnrolment {
        secret: secret.secret,
        otpauth_uri: secret.uri,
    };
    Ok(no_store(Json(body).into_response()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmTotpRequest {
    /// What the app shows now.
    code: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct AddedFactor {
    /// With the first factor of an account; null with others. Shown only now.
    recovery_codes: Option<Vec<String>>,
}

/// Confirm the authenticator app
#[utoipa::path(post, path = "/auth/me/totp/confirm", operation_id = "confirm_totp", tag = "account", request_body = ConfirmTotpRequest,
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "Signing in asks for a code from now on", body = AddedFactor),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "`reauthentication_required`", body = Problem),
    (status = 409, description = "`totp_not_started`, or the workspace changed", body = Problem),
    (status = 422, description = "Not the app's current code", body = Problem),
    (status = 429, description = "Too many wrong codes; see Retry-After", body = Problem)))]
async fn confirm_totp(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
    body: JsonBody<ConfirmTotpRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let recovery_codes = enrolment::confirm_totp(&factors, recent.authorized(), &request.code).await?;
    Ok(no_store(Json(AddedFactor { recovery_codes }).into_response()))
}

/// Remove the authenticator app
///
/// Also one that was never confirmed. Recovery codes go with the last factor.
#[utoipa::path(delete, path = "/auth/me/totp", operation_id = "remove_totp", tag = "account",
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))),
    responses((status = 204, description = "Removed"), RowRefusals))]
async fn remove_totp(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
) -> Result<StatusCode> {
    enrolment::remove_totp(&factors, recent.authorized()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
struct PasskeyRegistrationOptions {
    /// To send back with the new passkey, within five minutes.
    ceremony_id: Uuid,
    /// `publicKey` of `navigator.credentials.create`, binary parts in base64url.
    #[schema(value_type = Object)]
    options: Value,
}

/// Begin with a passkey
#[utoipa::path(post, path = "/auth/me/passkeys/start", operation_id = "start_passkey", tag = "account",
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "What the browser needs to make it", body = PasskeyRegistrationOptions),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "`reauthentication_required`", body = Problem),
    (status = 409, description = "`passkeys_need_host_name`, `passkeys_need_https`, `too_many_passkeys`, or the workspace changed", body = Problem)))]
async fn start_passkey(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
) -> Result<Json<PasskeyRegistrationOptions>> {
    let ceremony = enrolment::start_passkey(&factors, recent.authorized()).await?;
    Ok(Json(PasskeyRegistrationOptions {
        ceremony_id: ceremony.id,
        options: ceremony.options,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreatePasskeyRequest {
    ceremony_id: Uuid,
    /// To recognise it by, 1 to 100 characters.
    name: String,
    /// What `navigator.credentials.create` gave, binary parts in base64url.
    #[schema(value_type = Object)]
    credential: Value,
}

#[derive(Debug, Serialize, ToSchema)]
struct AddedPasskey {
    #[serde(flatten)]
    passkey: PasskeyInfo,
    /// With the first factor of an account; null with others. Shown only now.
    recovery_codes: Option<Vec<String>>,
}

/// Add a passkey
#[utoipa::path(post, path = "/auth/me/passkeys", operation_id = "create_passkey", tag = "account", request_body = CreatePasskeyRequest,
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))), responses(
    (status = 201, description = "Signing in asks for a second factor from now on", body = AddedPasskey),
    BodyRefusals,
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "`reauthentication_required`", body = Problem),
    (status = 409, description = "`passkey_exists`, `too_many_passkeys`, `passkeys_need_host_name`, `passkeys_need_https`, or the workspace changed", body = Problem),
    (status = 422, description = "A field breaks a rule, or does not answer what was asked", body = Problem)))]
async fn create_passkey(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
    body: JsonBody<CreatePasskeyRequest>,
) -> Result<Response> {
    let request = body.parse()?;
    let answer = serde_json::from_value(request.credential)
        .map_err(|_| Error::invalid("credential", FieldCode::Malformed, "is not a public key credential"))?;
    let (passkey, recovery_codes) = enrolment::add_passkey(
        &factors,
        recent.authorized(),
        request.ceremony_id,
        &request.name,
        &answer,
    )
    .await?;
    let body = AddedPasskey {
        passkey: passkey.into(),
        recovery_codes,
    };
    Ok((StatusCode::CREATED, no_store(Json(body).into_response())).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdatePasskeyRequest {
    /// 1 to 100 characters.
    name: String,
}

/// Rename a passkey
#[utoipa::path(put, path = "/auth/me/passkeys/{id}", operation_id = "update_passkey", tag = "account", params(("id" = Uuid, Path)),
    request_body = UpdatePasskeyRequest,
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))),
    responses((status = 200, description = "The passkey as it is now", body = PasskeyInfo), RowRefusals, BodyRefusals))]
async fn update_passkey(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
    Id(id): Id,
    body: JsonBody<UpdatePasskeyRequest>,
) -> Result<Json<PasskeyInfo>> {
    let name = || Ok(body.parse()?.name);
    let passkey = enrolment::rename_passkey(&factors, recent.authorized(), id, name).await?;
    Ok(Json(passkey.into()))
}

/// Remove a passkey
///
/// Recovery codes go with the last factor.
#[utoipa::path(delete, path = "/auth/me/passkeys/{id}", operation_id = "delete_passkey", tag = "account", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))),
    responses((status = 204, description = "Removed"), RowRefusals))]
async fn delete_passkey(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
    Id(id): Id,
) -> Result<StatusCode> {
    enrolment::remove_passkey(&factors, recent.authorized(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
struct RecoveryCodes {
    /// Shown only now.
    recovery_codes: Vec<String>,
}

/// Make new recovery codes
///
/// Those before stop working.
#[utoipa::path(post, path = "/auth/me/recovery-codes", operation_id = "renew_recovery_codes", tag = "account",
    extensions(("x-permission" = json!("profile.manage")), ("x-reauthentication" = json!(true))), responses(
    (status = 200, description = "Ten codes, each for one sign-in", body = RecoveryCodes),
    (status = 401, description = "Not signed in", body = Problem),
    (status = 403, description = "`reauthentication_required`", body = Problem),
    (status = 409, description = "`no_second_factor`, or the workspace changed", body = Problem)))]
async fn renew_recovery_codes(
    State(factors): State<super::SecondFactors>,
    recent: Recent<grant::ProfileManage>,
) -> Result<Response> {
    let recovery_codes = enrolment::renew_recovery_codes(&factors, recent.authorized()).await?;
    Ok(no_store(Json(RecoveryCodes { recovery_codes }).into_response()))
}
