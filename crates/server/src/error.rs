//! What can go wrong, in about a dozen kinds, and how each looks over HTTP: a problem document (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::codes::{ErrorCode, FieldCode, Params};
use crate::permissions::Permission;
use crate::request_id;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    BadRequest,
    RequestTimeout,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    TooManyRequests,
    Unavailable,
    Internal,
}

impl Kind {
    pub fn status(self) -> StatusCode {
        match self {
            Kind::BadRequest => StatusCode::BAD_REQUEST,
            Kind::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Kind::BadRequest => "The request cannot be read",
            Kind::RequestTimeout => "Too slow",
            Kind::Unauthenticated => "Sign in first",
            Kind::Forbidden => "Not allowed",
            Kind::NotFound => "Not found",
            Kind::Conflict => "Conflict",
            Kind::PreconditionFailed => "Changed in the meantime",
            Kind::TooLarge => "Too large",
            Kind::UnsupportedMediaType => "Unsupported media type",
            Kind::Invalid => "Invalid input",
            Kind::TooManyRequests => "Too many attempts",
            Kind::Unavailable => "Not available right now",
            Kind::Internal => "Something went wrong on our side",
        }
    }
}

/// One field that breaks one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub code: FieldCode,
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: FieldCode, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

/// A refusal or a failure. `detail` is for people and never holds secrets; the source is logged, not shown.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub code: ErrorCode,
    pub detail: String,
    pub permission: Option<Permission>,
    pub fields: Vec<FieldError>,
    pub retry_after_seconds: Option<u64>,
    source: Option<anyhow::Error>,
}

impl Error {
    pub fn new(kind: Kind, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            detail: detail.into(),
            permission: None,
            fields: Vec::new(),
            retry_after_seconds: (kind == Kind::Unavailable).then_some(2),
            source: None,
        }
    }

    pub fn unauthenticated() -> Self {
        Self::new(
            Kind::Unauthenticated,
            ErrorCode::Unauthenticated,
            "A valid session is needed.",
        )
    }

    pub fn forbidden(permission: Permission) -> Self {
        let detail = format!("Your role in this workspace does not include {}.", permission.name());
        Self {
            permission: Some(permission),
            ..Self::new(Kind::Forbidden, ErrorCode::Forbidden, detail)
        }
    }

    pub fn organization_required(permission: Permission) -> Self {
        let detail = "This needs an organization: switch to one or create one.";
        Self {
            permission: Some(permission),
            ..Self::new(Kind::Forbidden, ErrorCode::OrganizationRequired, detail)
        }
    }

    /// The permission is there, the proof of identity is too old: `POST /auth/reauthenticate`, then the same again.
    pub fn reauthentication_required(permission: Permission) -> Self {
        let detail = "Confirm that it is you first: POST /auth/reauthenticate.";
        Self {
            permission: Some(permission),
            ..Self::new(Kind::Forbidden, ErrorCode::ReauthenticationRequired, detail)
        }
    }

    /// The same for a row of another tenant and for one that never existed.
    pub fn not_found() -> Self {
        Self::new(
            Kind::NotFound,
            ErrorCode::NotFound,
            "There is no such thing in this workspace.",
        )
    }

    pub fn conflict(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, detail)
    }

    pub fn workspace_changed() -> Self {
        Self::conflict(
            ErrorCode::WorkspaceChanged,
            "This session is in another workspace now; nothing was done.",
        )
    }

    /// One field breaks one rule.
    pub fn invalid(field: &str, code: FieldCode, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError::new(field, code, message)])
    }

    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let detail = fields
            .iter()
            .map(|error| format!("{}: {}", error.field, error.message))
            .collect::<Vec<_>>()
            .join("; ");
        Self {
            fields,
            ..Self::new(Kind::Invalid, ErrorCode::ValidationFailed, detail)
        }
    }

    pub fn too_many_attempts(retry_after_seconds: u64) -> Self {
        let detail = format!("Too many attempts: try again in {retry_after_seconds} s.");
        let code = ErrorCode::TooManyAttempts {
            seconds: retry_after_seconds,
        };
        let error = Self::new(Kind::TooManyRequests, code, detail);
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..error
        }
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, ErrorCode::Unavailable, detail)
    }

    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        let detail = "The request failed and was logged under its request id.";
        Self {
            source: Some(source.into()),
            ..Self::new(Kind::Internal, ErrorCode::Internal, detail)
        }
    }

    /// Is this the database refusing because of the named constraint?
    pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
        matches!(error, sqlx::Error::Database(database) if database.constraint() == Some(constraint))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)?;
        match &self.source {
            Some(source) => write!(f, " ({source:#})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self {
                source: Some(error.into()),
                ..Self::unavailable("The database cannot be reached right now.")
            },
            // The server is stopping, crashed or starting (class 57P), or has no connection left.
            sqlx::Error::Database(database)
                if database
                    .code()
                    .is_some_and(|code| code.starts_with("57P0") || code == "53300") =>
            {
                Self {
                    source: Some(error.into()),
                    ..Self::unavailable("The database cannot be reached right now.")
                }
            }
            // A standby, or a database that was set to be read only.
            sqlx::Error::Database(database) if database.code().as_deref() == Some("25006") => Self {
                source: Some(error.into()),
                ..Self::unavailable("The database takes no changes right now.")
            },
            // PostgreSQL broke a tie between two changes and undid this one: it may simply be sent again.
            sqlx::Error::Database(database) if matches!(database.code().as_deref(), Some("40001" | "40P01")) => Self {
                source: Some(error.into()),
                ..Self::unavailable("Another change got in the way; nothing was done.")
            },
            _ => Self::internal(error),
        }
    }
}

/// The body of every error of our own API.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells errors apart.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    pub status: u16,
    pub code: &'static str,
    pub detail: String,
    /// The numbers and names that `detail` holds, for whoever says it in another language. Absent when there are none.
    #[serde(skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = HashMap<String, serde_json::Value>, required = false)]
    pub params: Params,
    pub request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<&'static str>,
    pub errors: Vec<FieldProblem>,
}

/// One field that breaks one rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FieldError)]
pub struct FieldProblem {
    /// Path of the field in the body or the name of the query parameter.
    pub field: String,
    /// Stable, for programs.
    pub code: &'static str,
    /// The rule in words.
    pub message: String,
    /// The numbers and names of the rule, such as `min` and `max`. Absent when it has none.
    #[serde(skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = HashMap<String, serde_json::Value>, required = false)]
    pub params: Params,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field,
            code: error.code.as_str(),
            message: error.message,
            params: error.code.params(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if self.kind == Kind::Internal || self.kind == Kind::Unavailable {
            tracing::error!(code = %self.code, error = %self, "request failed");
        }
        let problem = Problem {
            kind: "about:blank",
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            code: self.code.as_str(),
            detail: self.detail,
            params: self.code.params(),
            request_id: request_id::current(),
            permission: self.permission.map(Permission::name),
            errors: self.fields.into_iter().map(FieldProblem::from).collect(),
        };
        let mut response = (self.kind.status(), axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
