//! The program's own part: probes, news, mails on their way, and the rows that plumbing keeps.

use axum::Json;
use axum::extract::State;
use chrono::Duration;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::core::Core;
use crate::error::{Error, Problem, Result};
use crate::plumbing::background::{Run, Task};
use crate::plumbing::config::ServerRole::{Api, Gateway, Orchestrator};
use crate::plumbing::edge::idempotency;
use crate::plumbing::module::{Module, Surface, Sweep};
use crate::plumbing::{jobs, mail, quotas};

const KEEP_ANSWERS: Duration = Duration::hours(24);
/// Far longer than any window of a quota.
const KEEP_COUNTERS: Duration = Duration::days(2);
/// To whom was written, for whoever looks for a mail that did not arrive.
const KEEP_MAILS: Duration = Duration::days(30);
/// What was done, and what was given up and nobody retried.
const KEEP_JOBS: Duration = Duration::days(30);
const LISTEN_AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

pub fn module(core: &Core) -> Module {
    let delivery = mail::Delivery {
        db: core.db.clone(),
        clock: core.clock.clone(),
        config: core.config.clone(),
    };
    Module::new(
        "operation",
        Surface::Public,
        &[
            "_sqlx_migrations",
            "background_leases",
            "function_files",
            "idempotency_keys",
            "installation",
            "jobs",
            "login_throttles",
            "outbox",
        ],
    )
    .routes(routes().with_state(core.clone()))
    .task(listening(core))
    .task(delivery.task(&core.mail))
    .sweep(Sweep {
        name: "kept_answers",
        keep: KEEP_ANSWERS,
        remove: |tx, before, limit| Box::pin(idempotency::remove_before(tx, before, limit)),
    })
    .sweep(Sweep {
        name: "quota_counters",
        keep: KEEP_COUNTERS,
        remove: |tx, before, limit| Box::pin(quotas::remove_before(tx, before, limit)),
    })
    .sweep(Sweep {
        name: "finished_mails",
        keep: KEEP_MAILS,
        remove: |tx, before, limit| Box::pin(mail::remove_finished(tx, before, limit)),
    })
    .sweep(Sweep {
        name: "finished_jobs",
        keep: KEEP_JOBS,
        remove: |tx, before, limit| Box::pin(jobs::remove_finished(tx, before, limit)),
    })
}

/// Hears of changes in every process.
fn listening(core: &Core) -> Task {
    let core = core.clone();
    let listen = move |run: Run| {
        let core = core.clone();
        async move {
            tokio::select! {
                () = run.ending() => Ok(()),
                lost = core.events.listen(&core.db, || run.works()) => lost,
            }
        }
    };
    // While nobody listens, caches are off.
    Task::follower("events", &[Api, Gateway, Orchestrator], listen).back_within(LISTEN_AGAIN)
}

fn routes() -> OpenApiRouter<Core> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(version))
}

/// Is the process alive
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "operation",
    extensions(("x-permission" = json!("public"))), responses((status = 200, description = "Alive", body = str, content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "ok"
}

/// Can it serve
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "operation",
    extensions(("x-permission" = json!("public"))), responses(
    (status = 200, description = "Serving: `ok`, and a line for each background task that is down and for how long", body = str,
        content_type = "text/plain"),
    (status = 503, description = "It can't do the work of its roles, or is stopping; `detail` says which part can't and why",
        body = Problem)))]
async fn readyz(State(core): State<Core>) -> Result<String> {
    if core.shutdown.is_cancelled() {
        return Err(Error::unavailable("The program is stopping."));
    }
    let obstacles = core.readiness.obstacles(&core.config.roles).await;
    if obstacles.is_empty() {
        // A task that is down is no reason to be taken out of service: who is out of service serves nobody.
        return Ok(core.board.report());
    }
    let sentences = obstacles.iter().map(|not| format!("{}: {}", not.part, not.obstacle));
    Err(Error::unavailable(sentences.collect::<Vec<_>>().join(" ")))
}

/// The API is nothing without the database; the gateway serves on with what it knows, and reconciling says for itself how it is.
pub fn report_database(core: &Core) {
    let db = core.db.clone();
    core.readiness.part("database", &[Api], move || {
        let db = db.clone();
        async move { db.obstacle().await.map_or(Ok(()), Err) }
    });
}

#[derive(Serialize, ToSchema)]
struct Version {
    version: &'static str,
    /// Without a mail server nobody gets a link to choose a new password by.
    sends_mail: bool,
}

/// Which version is this
#[utoipa::path(get, path = "/version", operation_id = "version", tag = "operation",
    extensions(("x-permission" = json!("public"))), responses((status = 200, description = "The program's version", body = Version)))]
async fn version(State(core): State<Core>) -> Json<Version> {
    Json(Version {
        version: env!("CARGO_PKG_VERSION"),
        sends_mail: mail::is_sent(&core.config),
    })
}
