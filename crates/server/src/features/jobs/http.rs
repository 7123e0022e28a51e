//! `/platform/jobs*`.

use axum::Json;
use axum::extract::State as Extracted;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{QueuedRow, State};
use super::{Jobs, usecases};
use crate::error::{Problem, Result};
use crate::operation::Allowed;
use crate::permissions::grant;
use crate::plumbing::edge::paging::{ListQuery, Page};
use crate::plumbing::edge::params::{Id, Query};
use crate::plumbing::edge::refusals::{ListRefusals, RowRefusals};

pub fn routes() -> OpenApiRouter<Jobs> {
    OpenApiRouter::new()
        .routes(routes!(list_jobs))
        .routes(routes!(retry_job))
}

/// Work that was asked for and is done in the background. What it is about is not shown: it may name people.
#[derive(Debug, Serialize, ToSchema)]
struct Job {
    id: Uuid,
    /// What is to be done; mails are `mail.` and their template.
    #[schema(example = "password_request")]
    kind: String,
    #[schema(inline)]
    state: State,
    /// How often it was tried.
    attempts: i32,
    /// When it is tried next, while it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    /// Why the last attempt came to nothing, as a category such as `unavailable` or `smtp 550`.
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    /// When it was done or given up.
    finished_at: Option<DateTime<Utc>>,
    /// It was given up and can be tried again.
    can_be_retried: bool,
}

impl From<QueuedRow> for Job {
    fn from(row: QueuedRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            next_attempt_at: (row.state == State::Waiting).then_some(row.next_attempt_at),
            last_error: row.last_error,
            created_at: row.created_at,
            finished_at: row.finished_at,
            can_be_retried: row.can_be_retried,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct JobQuery {
    /// Rows per page, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only what is in this state.
    #[param(inline)]
    state: Option<State>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    workspace: Option<String>,
}

/// List background jobs
///
/// Jobs and mails of the last thirty days, the newest first.
#[utoipa::path(get, path = "/platform/jobs", operation_id = "list_jobs", tag = "platform", params(JobQuery),
    extensions(("x-permission" = json!("platform.job.read"))),
    responses((status = 200, description = "Jobs", body = Page<Job>), ListRefusals))]
async fn list_jobs(
    Extracted(jobs): Extracted<Jobs>,
    allowed: Allowed<grant::PlatformJobRead>,
    Query(query): Query<JobQuery>,
) -> Result<Json<Page<Job>>> {
    let paging = ListQuery {
        limit: query.limit,
        cursor: query.cursor,
        workspace: query.workspace,
        ..ListQuery::default()
    }
    .check()?;
    let rows = usecases::list(&jobs, allowed.authorized(), query.state, &paging).await?;
    Ok(Json(paging.page(rows, |row| (row.created_at, row.id), Job::from)))
}

/// Retry a job that was given up
///
/// It waits again, as if it were new.
#[utoipa::path(post, path = "/platform/jobs/{id}/retry", operation_id = "retry_job", tag = "platform", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("platform.job.retry"))),
    responses((status = 200, description = "It waits again", body = Job), RowRefusals,
    (status = 409, description = "`not_dead`: it was not given up; `mail_forgotten`: mails can't be retried; `already_queued`: another job that \
        does the same waits; or the workspace changed", body = Problem)))]
async fn retry_job(
    Extracted(jobs): Extracted<Jobs>,
    allowed: Allowed<grant::PlatformJobRetry>,
    Id(id): Id,
) -> Result<Json<Job>> {
    Ok(Json(usecases::retry(&jobs, allowed.authorized(), id).await?.into()))
}
