//! What workers report: facts on the row, never a status.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::features::instances::rules::{Status, WorkerPhase};
use crate::features::models::Engine;
use crate::plumbing::db::SystemTx;
use crate::plumbing::events::{self, Topic};

/// A worker that comes back after so long is news: whoever stopped counting on it looks again.
const NOTABLE_GAP: Duration = Duration::seconds(8);

/// Which worker an instance has, and what it is to do.
#[derive(Debug, Clone)]
pub struct Assigned {
    pub tenant: Uuid,
    pub provider_code: String,
    /// The server, as its provider calls it; known before it is started.
    pub provider_instance_id: Option<String>,
    pub status: Status,
    pub phase: Option<WorkerPhase>,
    /// By our clock.
    pub last_contact: Option<DateTime<Utc>>,
    pub model_id: String,
    pub engine: Engine,
    pub engine_arguments: Vec<String>,
    pub context_length: i32,
}

/// The assignment of an instance, locked against a second registration at the same time.
pub async fn lock_assignment(tx: &mut SystemTx, instance_id: Uuid) -> Result<Option<Assigned>> {
    let row = sqlx::query_as!(
        Assigned,
        r#"SELECT i.tenant, i.provider_code, i.provider_instance_id, i.status AS "status: Status", i.worker_phase AS "phase: WorkerPhase", GREATEST(i.registered_at, i.last_heartbeat_at) AS last_contact,
            m.model_id, m.engine AS "engine: Engine", m.engine_arguments, m.context_length
         FROM instances i JOIN models m ON m.tenant = i.model_tenant AND m.id = i.model_id
         WHERE i.id = $1 FOR NO KEY UPDATE OF i"#,
        instance_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

pub struct Registration<'a> {
    pub instance_id: Uuid,
    pub boot_id: Uuid,
    pub worker_version: &'a str,
    pub worker_address: &'a str,
    pub now: DateTime<Utc>,
}

/// The worker of a boot takes the instance over; whatever an earlier boot said holds no more.
pub async fn record_registration(tx: &mut SystemTx, tenant: Uuid, registration: &Registration<'_>) -> Result<()> {
    sqlx::query!(
        "UPDATE instances SET worker_boot_id = $3, worker_version = $4, worker_address = $5, registered_at = $6, worker_sequence = NULL,
            worker_phase = 'installing', worker_in_flight = NULL, queue_depth = NULL, worker_failure_code = NULL,
            worker_failure_message = NULL, good_heartbeats = 0, health_checked_at = NULL, reconcile_after = $6
         WHERE tenant = $1 AND id = $2",
        tenant,
        registration.instance_id,
        registration.boot_id,
        registration.worker_version,
        registration.worker_address,
        registration.now,
    )
    .execute(tx.conn())
    .await?;
    events::notify(tx.conn(), Topic::Instances, tenant, registration.instance_id).await
}

#[derive(Debug)]
pub struct Report<'a> {
    pub instance_id: Uuid,
    pub boot_id: Uuid,
    pub sequence: i64,
    pub phase: WorkerPhase,
    pub failure_code: Option<&'a str>,
    pub failure_message: Option<&'a str>,
    pub in_flight: i32,
    pub queue_depth: Option<i32>,
    pub now: DateTime<Utc>,
}

/// Takes a heartbeat down, unless a newer one is on record. Tells others only when something that they see changed. Returns
/// what the instance is meant to be; `None` when it has another worker.
pub async fn record_heartbeat(
    tx: &mut SystemTx,
    tenant: Uuid,
    report: &Report<'_>,
) -> Result<Option<(Status, String)>> {
    let before = sqlx::query!(
        r#"SELECT status AS "status: Status", provider_code, worker_sequence, worker_phase AS "worker_phase: WorkerPhase", worker_in_flight,
            last_heartbeat_at, good_heartbeats
         FROM instances WHERE tenant = $1 AND id = $2 AND worker_boot_id = $3 FOR NO KEY UPDATE"#,
        tenant,
        report.instance_id,
        report.boot_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(before) = before else {
        return Ok(None);
    };
    let status = before.status;
    if before.worker_sequence.is_some_and(|last| report.sequence <= last) {
        return Ok(Some((status, before.provider_code)));
    }
    let came_back = before.last_heartbeat_at.is_none_or(|at| report.now - at > NOTABLE_GAP);
    let good_heartbeats = match report.phase {
        WorkerPhase::Ready if came_back => 1,
        WorkerPhase::Ready => before.good_heartbeats.saturating_add(1),
        _ => 0,
    };
    let phase_changed = before.worker_phase != Some(report.phase);
    let emptied = report.in_flight == 0 && before.worker_in_flight != Some(0);
    let is_news = phase_changed
        || came_back
        || (status == Status::Draining && emptied)
        || (status == Status::Unavailable && good_heartbeats > 1);
    sqlx::query!(
        "UPDATE instances SET worker_sequence = $3, worker_phase = $4, worker_failure_code = left($5, 100), worker_failure_message = left($6, 2000),
            worker_in_flight = $7, queue_depth = $8, last_heartbeat_at = $9, good_heartbeats = $10,
            reconcile_after = CASE WHEN $11 THEN $9 ELSE reconcile_after END
         WHERE tenant = $1 AND id = $2",
        tenant,
        report.instance_id,
        report.sequence,
        report.phase.as_str(),
        report.failure_code,
        report.failure_message,
        report.in_flight,
        report.queue_depth,
        report.now,
        good_heartbeats,
        is_news,
    )
    .execute(tx.conn())
    .await?;
    if is_news {
        events::notify(tx.conn(), Topic::Instances, tenant, report.instance_id).await?;
    }
    Ok(Some((status, before.provider_code)))
}
