//! Registration and heartbeats.

use std::net::SocketAddr;

use providers::mock;
use serde_json::json;
use worker_protocol::{
    Assignment, Directive, Engine, HeartbeatRequest, HeartbeatResponse, PROTOCOL_VERSION, Phase, RegisterRequest,
    RegisterResponse,
};

use super::Workers;
use super::rules::{Claim, Verdict, judge};
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Kind, Result};
use crate::features::audit::{self, Act};
use crate::features::instances::reports::{self, Registration, Report};
use crate::features::instances::{Status, Timing, WorkerPhase, named_by};
use crate::features::{models, worker_tokens};
use crate::operation::RequestContext;
use crate::plumbing::addresses::{self, Named};
use crate::plumbing::db::SystemReason;
use crate::plumbing::edge::body::JsonBody;
use crate::secrets::{random_token, sha256};
use crate::validation::Validation;

/// Exchanges a bootstrap token for a worker token and the assignment.
///
/// # Errors
/// The codes of [`worker_protocol::codes`], after which a worker ends; 422 `address_not_allowed`; 409 `worker_boot_pending`, after which it asks again.
pub async fn register(
    workers: &Workers,
    token: Option<&str>,
    body: &JsonBody<RegisterRequest>,
    context: &RequestContext,
) -> Result<RegisterResponse> {
    let (presented, now) = (present(workers, token, context).await?, context.now);
    if !presented.is_bootstrap {
        return Err(token_refused());
    }
    let request = body.parse()?;
    check(&request)?;
    let found = addresses::resolve(&request.address).await;

    let mut tx = workers.core.db.system(SystemReason::WorkerReport).await?;
    let (tenant, instance_id) = (presented.tenant, presented.instance_id);
    // The instance first, as everybody else who locks both.
    let assigned = reports::lock_assignment(&mut tx, instance_id).await?;
    let assigned = assigned.filter(|assigned| may_register(assigned.status));
    let assigned = assigned.ok_or_else(token_refused)?;
    let holder = worker_tokens::lock_bootstrap(&mut tx, tenant, presented.id).await?;
    let holder = holder.ok_or_else(token_refused)?;
    judge_address(workers, &assigned, found).await?;
    let timing = Timing::of(&assigned.provider_code);
    let claim = Claim {
        boot_id: request.boot_id,
        holder: holder.boot_id,
        challenger: holder.challenger,
        holder_heard_at: assigned.last_contact,
        holder_is_leaving: assigned.phase == Some(WorkerPhase::Draining) && assigned.status != Status::Draining,
        silence: timing.silence(),
    };
    match judge(&claim, now) {
        Verdict::Granted | Verdict::Repeated => {}
        Verdict::Pending => {
            worker_tokens::record_challenger(&mut tx, tenant, presented.id, request.boot_id, now).await?;
            tx.commit().await?;
            let detail = "Another boot of this machine was heard of a moment ago; ask again.";
            return Err(Error::conflict(ErrorCode::WorkerBootPending, detail));
        }
        Verdict::Conflict => {
            tracing::error!(%instance_id, boot_id = %request.boot_id, "two machines claim one instance; the newcomer is turned away");
            let after = json!({"boot_id": request.boot_id, "address": request.address, "hostname": request.hostname});
            let act = Act::new("worker.boot_conflict", "instance", instance_id).after(&after);
            audit::record_system(&mut tx, tenant, now, act).await?;
            tx.commit().await?;
            return Err(Error::conflict(
                ErrorCode::WorkerBootConflict,
                "Another machine has this instance.",
            ));
        }
    }

    worker_tokens::grant_bootstrap(&mut tx, tenant, presented.id, request.boot_id, now).await?;
    worker_tokens::revoke(&mut tx, tenant, instance_id, Some("worker"), now).await?;
    let worker_token = random_token();
    let hash = sha256(worker_token.as_bytes());
    worker_tokens::insert_worker(&mut tx, tenant, instance_id, &hash, request.boot_id, now).await?;
    let registration = Registration {
        instance_id,
        boot_id: request.boot_id,
        worker_version: &request.worker_version,
        worker_address: &request.address,
        now,
    };
    reports::record_registration(&mut tx, tenant, &registration).await?;
    tx.commit().await?;
    tracing::info!(%instance_id, boot_id = %request.boot_id, version = request.worker_version, "a worker registered");
    Ok(RegisterResponse {
        instance_id,
        worker_token,
        serving_token: worker_tokens::serving_token(&workers.core.master, instance_id),
        heartbeat_interval_ms: interval_ms(timing),
        assignment: Assignment {
            model_id: assigned.model_id,
            engine: engine(assigned.engine),
            engine_arguments: assigned.engine_arguments,
            context_length: u32::try_from(assigned.context_length).map_err(Error::internal)?,
        },
    })
}

/// Takes a report down and says what to do.
///
/// # Errors
/// 401 `worker_token_refused` for a token that is not this boot's, or not any more.
pub async fn heartbeat(
    workers: &Workers,
    token: Option<&str>,
    body: &JsonBody<HeartbeatRequest>,
    context: &RequestContext,
) -> Result<HeartbeatResponse> {
    let presented = present(workers, token, context).await?;
    let request = body.parse()?;
    if presented.is_bootstrap || presented.boot_id != Some(request.boot_id) {
        return Err(token_refused());
    }
    let (phase, failure) = phase(&request.phase);
    let report = Report {
        instance_id: presented.instance_id,
        boot_id: request.boot_id,
        sequence: i64::try_from(request.sequence).unwrap_or(i64::MAX),
        phase,
        failure_code: failure.and_then(|(code, _)| code),
        failure_message: failure.map(|(_, message)| message),
        in_flight: i32::try_from(request.in_flight).unwrap_or(i32::MAX),
        queue_depth: request
            .engine
            .map(|engine| i32::try_from(engine.waiting).unwrap_or(i32::MAX)),
        now: context.now,
    };
    let mut tx = workers.core.db.system(SystemReason::WorkerReport).await?;
    let heard = reports::record_heartbeat(&mut tx, presented.tenant, &report).await?;
    let (status, provider_code) = heard.ok_or_else(token_refused)?;
    tx.commit().await?;
    Ok(HeartbeatResponse {
        directive: directive(status),
        heartbeat_interval_ms: interval_ms(Timing::of(&provider_code)),
    })
}

async fn present(workers: &Workers, token: Option<&str>, context: &RequestContext) -> Result<worker_tokens::Presented> {
    let token = token.ok_or_else(token_refused)?;
    let mut calls = workers.core.db.auth().await?;
    let found = worker_tokens::presented(&mut calls, &sha256(token.as_bytes()), context.now).await?;
    found.ok_or_else(token_refused)
}

fn token_refused() -> Error {
    Error::new(
        Kind::Unauthenticated,
        ErrorCode::WorkerTokenRefused,
        "This token is unknown, used up or revoked.",
    )
}

fn check(request: &RegisterRequest) -> Result<()> {
    if request.protocol_version > PROTOCOL_VERSION {
        let detail = format!("This server speaks version {PROTOCOL_VERSION} of the protocol.");
        let code = ErrorCode::WorkerProtocolUnsupported {
            version: PROTOCOL_VERSION,
        };
        return Err(Error::conflict(code, detail));
    }
    let mut validation = Validation::default();
    validation.line("worker_version", &request.worker_version, 1, 64);
    validation.line("hostname", &request.hostname, 0, 255);
    let is_address = request.address.len() <= 255
        && request.address.rsplit_once(':').is_some_and(|(host, port)| {
            let plain = |character: char| character.is_ascii_alphanumeric() || "-._[]:".contains(character);
            !host.is_empty() && host.chars().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
    validation.check(is_address, "address", FieldCode::Format, "must be host:port");
    validation.finish()
}

/// Requests of people, with a token, go to where the address leads: only there.
async fn judge_address(workers: &Workers, assigned: &reports::Assigned, found: Vec<SocketAddr>) -> Result<()> {
    let addresses = &workers.core.addresses;
    if addresses.allow_all(&found, Named::ByTenant) {
        return Ok(());
    }
    if named_by(&assigned.provider_code) == Named::ByMockCloud && addresses.allow_all(&found, Named::ByMockCloud) {
        // Other programs listen on this machine, too: only to what the cloud itself started.
        let server = assigned.provider_instance_id.clone().unwrap_or_default();
        let listens = move || found.iter().all(|address| mock::listens(&server, address.port()));
        if matches!(tokio::task::spawn_blocking(listens).await, Ok(true)) {
            return Ok(());
        }
    }
    let rule = "leads where no worker may be: name a public address, or one that the operator allows (--allow-tenant-addresses)";
    Err(Error::invalid("address", FieldCode::AddressNotAllowed, rule))
}

/// An instance on its way out has no use for a worker.
fn may_register(status: Status) -> bool {
    matches!(
        status,
        Status::Provisioning
            | Status::Booting
            | Status::Installing
            | Status::Starting
            | Status::Ready
            | Status::Unavailable
            | Status::Draining
            | Status::StartupFailed
    )
}

fn directive(status: Status) -> Directive {
    match status {
        Status::Draining => Directive::Drain,
        status if may_register(status) => Directive::Continue,
        _ => Directive::Stop,
    }
}

fn phase(phase: &Phase) -> (WorkerPhase, Option<(Option<&str>, &str)>) {
    match phase {
        Phase::Installing => (WorkerPhase::Installing, None),
        Phase::EngineStarting => (WorkerPhase::EngineStarting, None),
        Phase::ModelLoading => (WorkerPhase::ModelLoading, None),
        Phase::WarmingUp => (WorkerPhase::WarmingUp, None),
        Phase::Ready => (WorkerPhase::Ready, None),
        Phase::Degraded { message } => (WorkerPhase::Degraded, Some((None, message))),
        Phase::Draining => (WorkerPhase::Draining, None),
        Phase::Failed { code, message } => (WorkerPhase::Failed, Some((Some(code), message))),
    }
}

fn engine(engine: models::Engine) -> Engine {
    match engine {
        models::Engine::Mock => Engine::Mock,
        models::Engine::Vllm => Engine::Vllm,
        models::Engine::LlamaCpp => Engine::LlamaCpp,
    }
}

fn interval_ms(timing: Timing) -> u64 {
    timing.heartbeat_interval.num_milliseconds().unsigned_abs()
}
