//! `/audit_log*`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Audit;
use super::export::{self, Format};
use super::reading::{self, EntryRow, Filter, Reading};
use crate::codes::{FieldCode, Unit};
use crate::error::{Error, Result};
use crate::ids::PLATFORM;
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::paging::{ListQuery, Paging, cursor};
use crate::plumbing::edge::params::Query;
use crate::plumbing::edge::refusals::ListRefusals;

pub fn routes() -> OpenApiRouter<Audit> {
    OpenApiRouter::new()
        .routes(routes!(list_audit_log))
        .routes(routes!(export_audit_log))
}

/// Who did it. The name and the address are null when the reader doesn't see the person (any more).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryActor {
    /// `user`, `api_key` or `system`.
    pub kind: String,
    pub id: Option<Uuid>,
    pub email: Option<String>,
    pub name: Option<String>,
}

/// One act.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    pub id: Uuid,
    /// `organization`, `personal` or `platform`.
    pub chain: &'static str,
    /// Its place in the chain, from 1, without gaps.
    pub sequence: i64,
    pub occurred_at: DateTime<Utc>,
    pub actor: EntryActor,
    #[schema(example = "member.assign_role")]
    pub action: String,
    #[schema(example = "user")]
    pub target_type: String,
    pub target_id: Option<Uuid>,
    /// Of a user, when the reader sees the person.
    pub target_email: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub ip_address: Option<String>,
    pub request_id: Option<Uuid>,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            chain: chain_of(&row),
            sequence: row.sequence,
            occurred_at: row.occurred_at,
            actor: EntryActor {
                kind: row.actor_kind,
                id: row.actor_id,
                email: row.actor_email,
                name: row.actor_name.filter(|name| !name.is_empty()),
            },
            action: row.action,
            target_type: row.target_type,
            target_id: row.target_id,
            target_email: row.target_email,
            before: row.before,
            after: row.after,
            ip_address: row.ip_address,
            request_id: row.request_id,
        }
    }
}

/// Some acts, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct AuditPage {
    items: Vec<Entry>,
    /// Pass it as `cursor` to read on; null at the end.
    next_cursor: Option<String>,
    /// How far back a search came that stopped before it had found a full page, possibly nothing at all: `next_cursor` goes on from there.
    searched_until: Option<DateTime<Utc>>,
}

impl From<Reading> for AuditPage {
    fn from(reading: Reading) -> Self {
        Self {
            items: reading.entries.into_iter().map(Entry::from).collect(),
            next_cursor: reading.next.map(cursor),
            searched_until: reading.searched_until,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    /// Entries per page, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// An action such as `member.remove`, or with a dot at the end everything of a noun: `member.`.
    action: Option<String>,
    /// The id of the person or key that acted.
    actor: Option<Uuid>,
    target_type: Option<String>,
    target_id: Option<Uuid>,
    /// Not before this time.
    from: Option<DateTime<Utc>>,
    /// Before this time.
    to: Option<DateTime<Utc>>,
    /// Text in the action, the kind of target, what was and what became, or the address of actor or target.
    q: Option<String>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    workspace: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// `csv` (the default) or `jsonl`.
    #[param(inline)]
    format: Option<Format>,
    /// An action such as `member.remove`, or with a dot at the end everything of a noun: `member.`.
    action: Option<String>,
    /// The id of the person or key that acted.
    actor: Option<Uuid>,
    target_type: Option<String>,
    target_id: Option<Uuid>,
    /// Not before this time.
    from: Option<DateTime<Utc>>,
    /// Before this time.
    to: Option<DateTime<Utc>>,
    /// As in the list.
    q: Option<String>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    workspace: Option<String>,
}

/// Audit log
///
/// The organization's; in Personal, for a platform admin, the platform's and the own account's. The newest first. A search looks through
/// 2,000 entries at a time: a page may have fewer than asked for and still a `next_cursor`.
#[utoipa::path(get, path = "/audit_log", operation_id = "list_audit_log", tag = "audit", params(AuditQuery),
    extensions(("x-permission" = json!("audit.read"))),
    responses((status = 200, description = "Entries", body = AuditPage), ListRefusals))]
async fn list_audit_log(
    State(audit): State<Audit>,
    allowed: Allowed<grant::AuditRead>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>> {
    let list = ListQuery {
        limit: query.limit,
        cursor: query.cursor,
        q: query.q,
        workspace: query.workspace,
        ..ListQuery::default()
    };
    let paging = list.check()?;
    let filter = check(Filter {
        action: query.action,
        actor: query.actor,
        target_type: query.target_type,
        target_id: query.target_id,
        from: query.from,
        to: query.to,
    })?;
    let reading = reading::list(&audit, allowed.authorized(), &filter, &paging).await?;
    Ok(Json(reading.into()))
}

/// Export the audit log
///
/// What the list would show on all pages, as a file; at most 100000 entries, the newest first. Continue with `to` set to the time
/// of the last one.
#[utoipa::path(get, path = "/audit_log/export", operation_id = "export_audit_log", tag = "audit", params(ExportQuery),
    extensions(("x-permission" = json!("audit.read"))),
    responses((status = 200, description = "The file", content((String = "text/csv"), (String = "application/jsonl"))), ListRefusals))]
async fn export_audit_log(
    State(audit): State<Audit>,
    allowed: Allowed<grant::AuditRead>,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let format = query.format.unwrap_or_default();
    let list = ListQuery {
        limit: Some(export::PAGE),
        q: query.q,
        workspace: query.workspace,
        ..ListQuery::default()
    };
    let paging: Paging = list.check()?;
    let filter = check(Filter {
        action: query.action,
        actor: query.actor,
        target_type: query.target_type,
        target_id: query.target_id,
        from: query.from,
        to: query.to,
    })?;
    // The first page decides about the status; what comes after can only break off.
    let first = reading::list(&audit, allowed.authorized(), &filter, &paging).await?;
    let operation = allowed.authorized().operation().clone();
    let file = export::file(audit, operation, filter, paging, format, first);
    let disposition = format!("attachment; filename=\"{}\"", format.file_name());
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(file)).into_response())
}

/// # Errors
/// 422 naming the parameter.
fn check(filter: Filter) -> Result<Filter> {
    for (name, text) in [("action", &filter.action), ("target_type", &filter.target_type)] {
        if text
            .as_ref()
            .is_some_and(|text| text.is_empty() || text.len() > 100 || text.contains('\0'))
        {
            return Err(Error::invalid(
                name,
                FieldCode::characters(1, 100),
                "must have 1 to 100 characters",
            ));
        }
    }
    // PostgreSQL's timestamps end earlier than chrono's.
    for (name, time) in [("from", filter.from), ("to", filter.to)] {
        if time.is_some_and(|time| !(0..=i64::from(u32::MAX) * 4).contains(&time.timestamp())) {
            return Err(Error::invalid(
                name,
                FieldCode::between(1970, 2513, Unit::Years),
                "is out of range",
            ));
        }
    }
    Ok(filter)
}

/// The platform's chain, or whose.
fn chain_of(row: &EntryRow) -> &'static str {
    if row.tenant == PLATFORM {
        "platform"
    } else if row.is_personal {
        "personal"
    } else {
        "organization"
    }
}
