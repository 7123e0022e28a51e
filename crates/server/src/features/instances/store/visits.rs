//! What a reconciler reads and records.

use chrono::{DateTime, Utc};
use providers::Server;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::lease::Lease;
use super::{costs, operations};
use crate::codes::FailureCode;
use crate::error::Result;
use crate::features::instances::rules::{Facts, Failure, Status, Timing, WorkerFacts, WorkerPhase, is_mass_failure};
use crate::plumbing::db::SystemTx;

/// An instance under visit.
#[derive(Debug, Clone)]
pub struct Visited {
    pub id: Uuid,
    pub tenant: Uuid,
    pub version: i64,
    pub provider_code: String,
    pub zone_code: String,
    pub instance_type_code: String,
    pub cost_per_hour_eur: Decimal,
    pub server_id: Option<String>,
    pub worker_address: Option<String>,
    pub facts: Facts,
}

/// `None` when the lease is lost.
pub async fn load(tx: &mut SystemTx, lease: &Lease, now: DateTime<Utc>) -> Result<Option<Visited>> {
    let row = sqlx::query!(
        r#"SELECT i.id, i.tenant, i.version, i.provider_code, i.zone_code, i.instance_type_code, i.cost_per_hour_eur, i.provider_instance_id,
            i.worker_address, i.status AS "status: Status", i.status_since, i.desired_state, i.eco_activated_at, i.server_started_at, i.missing_since,
            i.worker_phase AS "worker_phase: WorkerPhase", i.worker_failure_code, i.worker_failure_message, i.worker_in_flight, i.good_heartbeats, i.health_checked_at,
            i.registered_at, GREATEST(i.registered_at, i.last_heartbeat_at) AS last_contact, m.data_volume_gb
         FROM instances i JOIN models m ON m.tenant = i.model_tenant AND m.id = i.model_id
         WHERE i.id = $1 AND i.lease_token = $2"#,
        lease.instance_id,
        lease.token,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let operations = operations::latest(tx, row.tenant, row.id).await?;
    let timing = Timing::of(&row.provider_code);
    let fleet_is_suspect = match row.status {
        Status::Unavailable => {
            let (serving, silent) = fleet(tx, now - timing.silence()).await?;
            is_mass_failure(serving, silent)
        }
        _ => false,
    };
    let failure = row.worker_failure_message.map(|message| {
        let code = row
            .worker_failure_code
            .unwrap_or_else(|| FailureCode::WorkerDegraded.to_string());
        Failure::recorded(code, message)
    });
    let facts = Facts {
        timing,
        status: row.status,
        status_since: row.status_since,
        should_run: row.desired_state == "running",
        is_approved: row.eco_activated_at.is_some(),
        weights_gb: row.data_volume_gb,
        has_server: row.provider_instance_id.is_some(),
        server_started_at: row.server_started_at,
        missing_since: row.missing_since,
        create: operations.create,
        start: operations.start,
        delete: operations.delete,
        worker: WorkerFacts {
            is_registered: row.registered_at.is_some(),
            phase: row.worker_phase,
            failure,
            last_contact: row.last_contact,
            in_flight: row.worker_in_flight.unwrap_or_default(),
            good_heartbeats: row.good_heartbeats,
        },
        health_checked_at: row.health_checked_at,
        seen: None,
        probe_failed: false,
        fleet_is_suspect,
    };
    Ok(Some(Visited {
        id: row.id,
        tenant: row.tenant,
        version: row.version,
        provider_code: row.provider_code,
        zone_code: row.zone_code,
        instance_type_code: row.instance_type_code,
        cost_per_hour_eur: row.cost_per_hour_eur,
        server_id: row.provider_instance_id,
        worker_address: row.worker_address,
        facts,
    }))
}

/// How many instances should be serving, and how many of them are silent.
async fn fleet(tx: &mut SystemTx, silent_before: DateTime<Utc>) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "serving!",
            count(*) FILTER (WHERE GREATEST(registered_at, last_heartbeat_at) < $1) AS "silent!"
         FROM instances WHERE NOT is_ended AND NOT has_failed AND status IN ('ready', 'unavailable')"#,
        silent_before,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.serving, row.silent))
}

/// A server was ordered: its id is what ties us to it.
pub async fn record_server(tx: &mut SystemTx, visited: &Visited, server: &Server) -> Result<()> {
    sqlx::query!(
        "UPDATE instances SET provider_instance_id = $3, missing_since = NULL WHERE tenant = $1 AND id = $2",
        visited.tenant,
        visited.id,
        server.id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Powering on was accepted.
pub async fn record_start(tx: &mut SystemTx, visited: &Visited, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE instances SET server_started_at = $3 WHERE tenant = $1 AND id = $2",
        visited.tenant,
        visited.id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a look showed: where the server is, whether it is billed, or that it is missing.
pub async fn record_look(
    tx: &mut SystemTx,
    visited: &Visited,
    server: Option<&Server>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (tenant, id) = (visited.tenant, visited.id);
    let Some(server) = server else {
        sqlx::query!(
            "UPDATE instances SET missing_since = COALESCE(missing_since, $3) WHERE tenant = $1 AND id = $2",
            tenant,
            id,
            now
        )
        .execute(tx.conn())
        .await?;
        return Ok(());
    };
    if visited.server_id.is_none() {
        record_server(tx, visited, server).await?;
        let outcome = operations::Outcome::Confirmed {
            external_id: Some(&server.id),
        };
        operations::finish(tx, tenant, id, operations::Kind::Create, outcome, now).await?;
    }
    sqlx::query!(
        "UPDATE instances SET missing_since = NULL, address = COALESCE($3, address) WHERE tenant = $1 AND id = $2",
        tenant,
        id,
        server.address,
    )
    .execute(tx.conn())
    .await?;
    match server.billable_since {
        Some(since) => costs::open_segment(tx, tenant, id, visited.cost_per_hour_eur, since).await,
        None => costs::close_segment(tx, tenant, id, now).await,
    }
}

/// The order had no effect: whatever comes next looks for itself.
pub async fn forget_missing(tx: &mut SystemTx, visited: &Visited) -> Result<()> {
    sqlx::query!(
        "UPDATE instances SET missing_since = NULL WHERE tenant = $1 AND id = $2",
        visited.tenant,
        visited.id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The worker was reached at its address.
pub async fn record_health(tx: &mut SystemTx, visited: &Visited, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE instances SET health_checked_at = $3 WHERE tenant = $1 AND id = $2",
        visited.tenant,
        visited.id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
