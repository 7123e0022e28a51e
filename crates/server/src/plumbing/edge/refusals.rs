//! The ways in which operations of the same kind are refused, described once for the contract.

use utoipa::IntoResponses;

use crate::error::Problem;

/// Of an operation that takes nothing from its caller.
#[derive(IntoResponses)]
pub enum ReadRefusals {
    #[response(status = 401, description = "Not signed in")]
    Unauthenticated(Problem),
    #[response(status = 403, description = "Permission missing")]
    Forbidden(Problem),
    #[response(status = 409, description = "The workspace changed")]
    WorkspaceChanged(Problem),
}

/// Of a list or a report with parameters.
#[derive(IntoResponses)]
pub enum ListRefusals {
    #[response(status = 401, description = "Not signed in")]
    Unauthenticated(Problem),
    #[response(status = 403, description = "Permission missing")]
    Forbidden(Problem),
    #[response(status = 409, description = "The workspace changed")]
    WorkspaceChanged(Problem),
    #[response(status = 422, description = "A parameter breaks a rule")]
    Invalid(Problem),
}

/// Of reading one row.
#[derive(IntoResponses)]
pub enum RowRefusals {
    #[response(status = 401, description = "Not signed in")]
    Unauthenticated(Problem),
    #[response(status = 403, description = "Permission missing")]
    Forbidden(Problem),
    #[response(status = 404, description = "No such thing in this workspace")]
    NotFound(Problem),
    #[response(status = 409, description = "The workspace changed")]
    WorkspaceChanged(Problem),
}

/// Of whatever takes a body.
#[derive(IntoResponses)]
pub enum BodyRefusals {
    #[response(status = 400, description = "Not JSON")]
    BadRequest(Problem),
    #[response(status = 408, description = "The body took too long to arrive")]
    RequestTimeout(Problem),
    #[response(status = 413, description = "Body too large")]
    TooLarge(Problem),
    #[response(status = 415, description = "Not JSON")]
    UnsupportedMediaType(Problem),
    #[response(status = 422, description = "A field breaks a rule")]
    Invalid(Problem),
}

/// Of making something.
#[derive(IntoResponses)]
pub enum CreateRefusals {
    #[response(status = 400, description = "Not JSON")]
    BadRequest(Problem),
    #[response(status = 401, description = "Not signed in")]
    Unauthenticated(Problem),
    #[response(status = 403, description = "Permission missing")]
    Forbidden(Problem),
    #[response(status = 408, description = "The body took too long to arrive")]
    RequestTimeout(Problem),
    #[response(
        status = 409,
        description = "The workspace changed, or the idempotency key was used for something else"
    )]
    Conflict(Problem),
    #[response(status = 413, description = "Body too large")]
    TooLarge(Problem),
    #[response(status = 415, description = "Not JSON")]
    UnsupportedMediaType(Problem),
    #[response(status = 422, description = "A field breaks a rule")]
    Invalid(Problem),
}

/// Of changing one row.
#[derive(IntoResponses)]
pub enum ChangeRefusals {
    #[response(status = 400, description = "Not JSON")]
    BadRequest(Problem),
    #[response(status = 401, description = "Not signed in")]
    Unauthenticated(Problem),
    #[response(status = 403, description = "Permission missing, or the row can only be read here")]
    Forbidden(Problem),
    #[response(status = 404, description = "No such thing in this workspace")]
    NotFound(Problem),
    #[response(status = 408, description = "The body took too long to arrive")]
    RequestTimeout(Problem),
    #[response(
        status = 409,
        description = "The workspace changed, or the row's state does not allow it"
    )]
    Conflict(Problem),
    #[response(status = 412, description = "Changed by somebody else")]
    PreconditionFailed(Problem),
    #[response(status = 413, description = "Body too large")]
    TooLarge(Problem),
    #[response(status = 415, description = "Not JSON")]
    UnsupportedMediaType(Problem),
    #[response(status = 422, description = "A field breaks a rule")]
    Invalid(Problem),
}
