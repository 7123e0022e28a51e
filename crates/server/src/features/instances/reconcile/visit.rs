//! One visit: read the facts, decide, do, until there is nothing to do for a while.

use chrono::{DateTime, Duration, Utc};

use super::crash::{self, Edge};
use super::effects::{Effects, Interrupted};
use super::probe;
use crate::codes::FailureCode;
use crate::error::Result;
use crate::features::instances::rules::{Decision, Event, Failure, Seen, Status, next_step};
use crate::features::instances::store::lease::{self, Lease};
use crate::features::instances::store::transitions::{Transition, transition};
use crate::features::instances::store::visits::{self, Visited};
use crate::features::instances::store::{costs, operations};
use crate::features::instances::{Instances, named_by};
use crate::features::worker_tokens;
use crate::plumbing::db::{SystemReason, SystemTx};

/// Steps of one visit; a deployment from acceptance to ready has about twenty.
const STEPS: usize = 40;
/// After a visit that failed for reasons of ours.
const RETRY: Duration = Duration::seconds(2);
/// A termination that takes longer needs a person.
const ALARM_AFTER: Duration = Duration::minutes(15);

/// Visits an instance and gives it back. Failures end here: they are logged, and the instance is visited again.
pub async fn visit(instances: Instances, lease: Lease) {
    let instance_id = lease.instance_id;
    let next = match steps(&instances, &lease).await {
        Ok(next) => next,
        Err(Interrupted::LeaseLost) => {
            tracing::info!(%instance_id, "another reconciler has taken this instance over");
            return;
        }
        Err(Interrupted::Failed(error)) => {
            tracing::error!(%instance_id, %error, "a visit failed");
            instances.core.clock.now() + RETRY
        }
    };
    if let Err(error) = give_back(&instances, &lease, next).await {
        tracing::warn!(%instance_id, %error, "a lease could not be given back; it runs out");
    }
}

async fn give_back(instances: &Instances, lease: &Lease, next: DateTime<Utc>) -> Result<()> {
    let mut tx = instances.core.db.system(SystemReason::InstanceReconciler).await?;
    lease::release(&mut tx, lease, next).await?;
    tx.commit().await
}

/// Returns when to come back.
async fn steps(instances: &Instances, lease: &Lease) -> Result<DateTime<Utc>, Interrupted> {
    let mut seen: Option<Seen> = None;
    let mut probe_failed = false;
    for _ in 0..STEPS {
        let now = instances.core.clock.now();
        let mut tx = instances.core.db.system(SystemReason::InstanceReconciler).await?;
        let Some(mut visited) = visits::load(&mut tx, lease, now).await? else {
            return Err(Interrupted::LeaseLost);
        };
        drop(tx);
        visited.facts.seen = seen.clone();
        visited.facts.probe_failed = probe_failed;
        if instances.core.shutdown.is_cancelled() {
            return Ok(now);
        }
        let decision = next_step(&visited.facts, now);
        let Some(cloud) = instances.clouds.get(&visited.provider_code) else {
            tracing::warn!(instance_id = %visited.id, provider = visited.provider_code, "no such provider here");
            return Ok(now + RETRY);
        };
        let effects = Effects {
            instances,
            lease,
            visited: &visited,
            cloud: cloud.as_ref(),
        };
        match decision {
            Decision::Wait(until) => {
                raise_alarms(&visited, now);
                return Ok(until);
            }
            Decision::Move(event, failure) => {
                move_on(instances, lease, &visited, event, failure.as_ref()).await?;
            }
            Decision::Intend => {
                let mut tx = begin(instances, lease).await?;
                let (tenant, id) = (visited.tenant, visited.id);
                operations::intend(&mut tx, tenant, id, operations::Kind::Create, now).await?;
                worker_tokens::admit_bootstrap(&mut tx, &instances.core.master, tenant, id, now).await?;
                tx.commit().await?;
                crash::reach(Edge::Intended);
            }
            Decision::Create => {
                // What was seen before says nothing about what exists after.
                seen = None;
                effects.create().await?;
            }
            Decision::CancelIntent => {
                effects
                    .close_create(&Failure::new(
                        &FailureCode::Cancelled,
                        "The order was taken back before it was made.",
                    ))
                    .await?;
            }
            Decision::ConcludeAbsent => {
                effects
                    .close_create(&Failure::new(
                        &FailureCode::OrderLost,
                        "The order never reached the provider.",
                    ))
                    .await?;
            }
            Decision::Look => match effects.look().await? {
                Some(look) => seen = Some(look),
                None => return Ok(now + RETRY),
            },
            Decision::Start => {
                seen = None;
                effects.start().await?;
            }
            Decision::Delete => {
                effects.delete_seen().await?;
                seen = None;
            }
            Decision::DeleteExtras => {
                effects.delete_extras().await?;
                if let Some(seen) = &mut seen {
                    seen.extras.clear();
                }
            }
            Decision::Probe => {
                let token = worker_tokens::serving_token(&instances.core.master, visited.id);
                let address = visited.worker_address.as_deref().unwrap_or_default();
                let named = named_by(&visited.provider_code);
                if probe::answers(&instances.core.addresses, named, address, &token).await {
                    let mut tx = begin(instances, lease).await?;
                    visits::record_health(&mut tx, &visited, instances.core.clock.now()).await?;
                    tx.commit().await?;
                } else {
                    probe_failed = true;
                }
            }
        }
    }
    tracing::warn!(instance_id = %lease.instance_id, "a visit did not come to rest");
    Ok(instances.core.clock.now() + RETRY)
}

/// A transaction that only commits while the lease is ours.
pub(super) async fn begin(instances: &Instances, lease: &Lease) -> Result<SystemTx, Interrupted> {
    let mut tx = instances.core.db.system(SystemReason::InstanceReconciler).await?;
    if lease::hold(&mut tx, lease, instances.core.clock.now()).await? {
        Ok(tx)
    } else {
        Err(Interrupted::LeaseLost)
    }
}

/// Changes the status, with what has to happen in the same moment.
async fn move_on(
    instances: &Instances,
    lease: &Lease,
    visited: &Visited,
    event: Event,
    failure: Option<&Failure>,
) -> Result<(), Interrupted> {
    let now = instances.core.clock.now();
    let mut tx = begin(instances, lease).await?;
    let change = Transition {
        id: visited.id,
        tenant: visited.tenant,
        from: visited.facts.status,
        version: visited.version,
        event,
        failure,
        actor: None,
        lease: Some(lease.token),
        now,
    };
    let Some(to) = transition(tx.conn(), &change).await? else {
        // Somebody moved it meanwhile: the next step reads again.
        return Ok(());
    };
    if to == Status::Terminated {
        costs::close_segment(&mut tx, visited.tenant, visited.id, now).await?;
        operations::end_of_ended(&mut tx, Some((visited.tenant, visited.id)), now).await?;
        worker_tokens::revoke_all(&mut tx, visited.tenant, visited.id, now).await?;
    }
    tx.commit().await?;
    let (from, to_text) = (visited.facts.status.as_str(), to.as_str());
    match failure {
        Some(failure) => {
            tracing::warn!(instance_id = %visited.id, from, to = to_text, code = failure.code, message = failure.message, "instance moved");
        }
        None => tracing::info!(instance_id = %visited.id, from, to = to_text, "instance moved"),
    }
    if to == Status::Booting {
        crash::reach(Edge::Booting);
    }
    Ok(())
}

fn raise_alarms(visited: &Visited, now: DateTime<Utc>) {
    let facts = &visited.facts;
    if facts.fleet_is_suspect {
        tracing::error!(instance_id = %visited.id, "a third of all workers fell silent together: nothing is given up before a person has looked");
    }
    if facts.status == Status::Terminating && now - facts.status_since > ALARM_AFTER {
        tracing::error!(instance_id = %visited.id, server_id = visited.server_id, "the provider does not delete this server, which costs money");
    }
}
