//! What an instance needs next. A reconciler looks up the facts, asks here, does as told, and asks again.

use chrono::{DateTime, Duration, Utc};
use providers::ServerState;

use super::facts::{CloudOperation, Facts, OperationState};
use super::timing::{SILENT_FOR, backoff, deadline};
use super::{Event, Failure, Status, WorkerPhase};
use crate::codes::FailureCode;

/// Longest pause between two attempts to order or start a server.
const RETRY_LIMIT: Duration = Duration::minutes(1);
/// Longest pause between two requests to delete one.
const DELETE_LIMIT: Duration = Duration::minutes(10);
/// When nothing is expected to happen by itself; whoever changes something asks for an earlier visit.
const REST: Duration = Duration::hours(1);
/// Between two looks at a worker that should get better, or should get done.
const WATCH_WORKER: Duration = Duration::seconds(2);
/// Heartbeats in a row that count as recovered.
const GOOD_HEARTBEATS: i32 = 2;

/// The one thing to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Change the status.
    Move(Event, Option<Failure>),
    /// Write down the intent to order a server.
    Intend,
    /// Order the server that is intended.
    Create,
    /// Take an intent back that was never acted upon.
    CancelIntent,
    /// The order certainly had no effect: close it as failed.
    ConcludeAbsent,
    /// Look for the server, and others with its tag.
    Look,
    /// Power the server on.
    Start,
    /// Delete everything that the look showed.
    Delete,
    /// Delete what carries the tag besides the server.
    DeleteExtras,
    /// See whether the worker can be reached.
    Probe,
    /// Nothing before then.
    Wait(DateTime<Utc>),
}

/// Decides. Pure: the same facts at the same time give the same answer.
pub fn next_step(facts: &Facts, now: DateTime<Utc>) -> Decision {
    let visit = Visit { facts, now };
    match facts.status {
        Status::AwaitingApproval => visit.awaiting_approval(),
        Status::Provisioning => visit.provisioning(),
        Status::Booting => visit.booting(),
        Status::Installing => visit.installing(),
        Status::Starting => visit.starting(),
        Status::Ready => visit.ready(),
        Status::Unavailable => visit.unavailable(),
        Status::Draining => visit.draining(),
        Status::Terminating => visit.terminating(),
        Status::ProvisioningFailed | Status::StartupFailed | Status::Failed => visit.failed(),
        Status::Terminated | Status::Archived => visit.rest(),
    }
}

/// True when so many workers fell silent together that the fault is more likely ours (or the network's) than theirs.
pub fn is_mass_failure(serving: i64, silent: i64) -> bool {
    silent >= 3 && silent * 3 >= serving
}

struct Visit<'a> {
    facts: &'a Facts,
    now: DateTime<Utc>,
}

impl Visit<'_> {
    fn awaiting_approval(&self) -> Decision {
        if !self.facts.should_run {
            Decision::Move(Event::TerminationRequested, None)
        } else if self.facts.is_approved {
            Decision::Move(Event::Approved, None)
        } else {
            self.rest()
        }
    }

    fn provisioning(&self) -> Decision {
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        if self.facts.has_server {
            return self.powering_on();
        }
        let Some(create) = &self.facts.create else {
            return Decision::Intend;
        };
        match create.state {
            OperationState::Intended => Decision::Create,
            OperationState::Sent | OperationState::Unknown | OperationState::Confirmed => {
                if self.is_overdue() {
                    return self.too_late(Event::ProvisioningFailed, create.failure.clone());
                }
                self.settle(create)
            }
            OperationState::Failed => {
                let failure = create.failure.clone();
                if failure.as_ref().is_some_and(is_final) {
                    return Decision::Move(Event::ProvisioningFailed, failure);
                }
                if self.is_overdue() {
                    return self.too_late(Event::ProvisioningFailed, failure);
                }
                let due = create.finished_at.unwrap_or(create.started_at) + backoff(create.attempt, RETRY_LIMIT);
                if self.now < due {
                    return Decision::Wait(due);
                }
                match &self.facts.seen {
                    None => Decision::Look,
                    // Looking has put the server that it found into the record: the next visit goes on from there.
                    Some(seen) if seen.server.is_some() => Decision::Wait(self.now + self.facts.timing.poll),
                    Some(_) => Decision::Intend,
                }
            }
        }
    }

    /// An order of unknown outcome: look until it shows, or until it would have shown.
    fn settle(&self, create: &CloudOperation) -> Decision {
        match &self.facts.seen {
            None => Decision::Look,
            Some(_) if self.is_proven_absent(create) => Decision::ConcludeAbsent,
            Some(_) => Decision::Wait(self.now + self.facts.timing.poll * 4),
        }
    }

    /// The order was sent long enough ago, and two looks apart from each other found nothing.
    fn is_proven_absent(&self, create: &CloudOperation) -> bool {
        let nothing_seen = self.facts.seen.as_ref().is_some_and(|seen| seen.server.is_none());
        nothing_seen && self.now >= create.started_at + self.facts.timing.creation_grace && self.is_proven_missing()
    }

    fn is_proven_missing(&self) -> bool {
        self.facts
            .missing_since
            .is_some_and(|since| self.now >= since + self.facts.timing.absence_proof)
    }

    fn powering_on(&self) -> Decision {
        if let Some(started_at) = self.facts.server_started_at {
            return self.starting_up(started_at);
        }
        let failed = self.facts.start.as_ref().filter(|start| start.failure.is_some());
        let failure = failed.and_then(|start| start.failure.clone());
        if failure.as_ref().is_some_and(is_final) {
            return Decision::Move(Event::ProvisioningFailed, failure);
        }
        if self.is_overdue() {
            return self.too_late(Event::ProvisioningFailed, failure);
        }
        match failed {
            Some(start) => {
                let due = start.finished_at.unwrap_or(start.started_at) + backoff(start.attempt, RETRY_LIMIT);
                if self.now < due {
                    Decision::Wait(due)
                } else {
                    Decision::Start
                }
            }
            None => Decision::Start,
        }
    }

    /// The start was accepted; accepted is not running.
    fn starting_up(&self, started_at: DateTime<Utc>) -> Decision {
        let again = Decision::Wait(self.now + self.facts.timing.poll);
        let Some(seen) = &self.facts.seen else {
            return Decision::Look;
        };
        if !seen.extras.is_empty() {
            return Decision::DeleteExtras;
        }
        let state = seen.server.as_ref().map(|server| server.state);
        match state {
            Some(ServerState::Running) => Decision::Move(Event::ServerRunning, None),
            Some(ServerState::Stopped) if self.now >= started_at + self.facts.timing.start_grace => {
                let message = "The provider took the order and then found no hardware for it.";
                Decision::Move(
                    Event::ProvisioningFailed,
                    Some(Failure::new(&FailureCode::OutOfStock, message)),
                )
            }
            _ => match self.server_fault() {
                Some(failure) => Decision::Move(Event::ProvisioningFailed, Some(failure)),
                None if self.is_overdue() => self.too_late(Event::ProvisioningFailed, None),
                None => again,
            },
        }
    }

    fn booting(&self) -> Decision {
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        if self.facts.worker.is_registered {
            return Decision::Move(Event::WorkerRegistered, None);
        }
        self.coming_up()
    }

    fn installing(&self) -> Decision {
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        if let Some(failure) = self.worker_gave_up() {
            return Decision::Move(Event::StartupFailed, Some(failure));
        }
        match self.facts.worker.phase {
            None | Some(WorkerPhase::Installing) => self.coming_up(),
            Some(_) => Decision::Move(Event::EngineStarted, None),
        }
    }

    fn starting(&self) -> Decision {
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        if let Some(failure) = self.worker_gave_up() {
            return Decision::Move(Event::StartupFailed, Some(failure));
        }
        if self.worker_is_ready() {
            return self.health_check(Event::HealthChecked);
        }
        self.coming_up()
    }

    /// Common to everything between a running server and a ready one.
    fn coming_up(&self) -> Decision {
        if self.is_overdue() {
            return self.too_late(Event::StartupFailed, self.facts.worker.failure.clone());
        }
        let Some(seen) = &self.facts.seen else {
            return Decision::Look;
        };
        if !seen.extras.is_empty() {
            return Decision::DeleteExtras;
        }
        match self.server_fault() {
            Some(failure) => Decision::Move(Event::StartupFailed, Some(failure)),
            None => Decision::Wait(self.now + self.facts.timing.poll * 4),
        }
    }

    fn ready(&self) -> Decision {
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        let worker = &self.facts.worker;
        if worker.phase != Some(WorkerPhase::Ready) {
            let failure = worker.failure.clone();
            let reported =
                failure.unwrap_or_else(|| Failure::new(&FailureCode::WorkerNotReady, "The worker stopped serving."));
            return Decision::Move(Event::SignalsLost, Some(reported));
        }
        let silent_from = worker
            .last_contact
            .map_or(self.facts.status_since, |at| at + SILENT_FOR);
        if self.now >= silent_from {
            let failure = Failure::new(
                &FailureCode::WorkerSilent,
                "The worker was not heard of for five minutes.",
            );
            return Decision::Move(Event::SignalsLost, Some(failure));
        }
        let Some(seen) = &self.facts.seen else {
            return Decision::Look;
        };
        if !seen.extras.is_empty() {
            return Decision::DeleteExtras;
        }
        if let Some(failure) = self.loss() {
            return Decision::Move(Event::Failed, Some(failure));
        }
        Decision::Wait((self.now + self.facts.timing.watch).min(silent_from))
    }

    fn unavailable(&self) -> Decision {
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        if let Some(failure) = self.worker_gave_up() {
            return Decision::Move(Event::Failed, Some(failure));
        }
        if self.worker_is_ready() && self.facts.worker.good_heartbeats >= GOOD_HEARTBEATS {
            return self.health_check(Event::Recovered);
        }
        let Some(seen) = &self.facts.seen else {
            return Decision::Look;
        };
        if !seen.extras.is_empty() {
            return Decision::DeleteExtras;
        }
        if let Some(failure) = self.loss() {
            return Decision::Move(Event::Failed, Some(failure));
        }
        if self.is_overdue() && !self.facts.fleet_is_suspect {
            let failure = self.facts.worker.failure.clone();
            return self.too_late(Event::Failed, failure);
        }
        Decision::Wait(self.now + WATCH_WORKER)
    }

    fn draining(&self) -> Decision {
        let worker = &self.facts.worker;
        let has_finished = worker.phase == Some(WorkerPhase::Draining) && worker.in_flight == 0;
        if has_finished || !self.worker_is_heard() || self.is_overdue() {
            return Decision::Move(Event::Drained, None);
        }
        Decision::Wait(self.now + WATCH_WORKER)
    }

    /// Ends only when the provider says that nothing is left.
    fn terminating(&self) -> Decision {
        if self.create_state() == Some(OperationState::Intended) {
            return Decision::CancelIntent;
        }
        let Some(seen) = &self.facts.seen else {
            return Decision::Look;
        };
        if seen.server.is_some() || !seen.extras.is_empty() {
            let due = self.facts.delete.as_ref().map(|delete| {
                let asked = delete.finished_at.unwrap_or(delete.started_at);
                asked + backoff(delete.attempt, DELETE_LIMIT)
            });
            return match due {
                Some(due) if self.now < due => Decision::Wait(due.min(self.now + self.facts.timing.poll)),
                _ => Decision::Delete,
            };
        }
        match &self.facts.create {
            Some(create) if is_unsettled(create) && !self.is_proven_absent(create) => {
                Decision::Wait(self.now + self.facts.timing.poll * 4)
            }
            Some(create) if is_unsettled(create) => Decision::ConcludeAbsent,
            _ => Decision::Move(Event::GoneAtProvider, None),
        }
    }

    fn failed(&self) -> Decision {
        if self.facts.status == Status::StartupFailed && self.facts.should_run && self.worker_is_ready() {
            return Decision::Move(Event::LateWorker, None);
        }
        if !self.facts.should_run {
            return Decision::Move(Event::TerminationRequested, None);
        }
        let may_exist = self.facts.has_server || self.facts.create.as_ref().is_some_and(is_unsettled);
        if may_exist {
            Decision::Move(Event::CleanupNeeded, None)
        } else if self.create_state() == Some(OperationState::Intended) {
            Decision::CancelIntent
        } else {
            self.rest()
        }
    }

    fn health_check(&self, event: Event) -> Decision {
        let is_fresh = |at: DateTime<Utc>| at >= self.facts.status_since;
        if self.facts.health_checked_at.is_some_and(is_fresh) {
            Decision::Move(event, None)
        } else if self.facts.probe_failed && self.is_overdue() {
            let message = "The worker says that it is ready and cannot be reached at its address.";
            let failure = Failure::new(&FailureCode::WorkerUnreachable, message);
            let event = match self.facts.status {
                Status::Starting => Event::StartupFailed,
                _ => Event::Failed,
            };
            Decision::Move(event, Some(failure))
        } else if self.facts.probe_failed {
            Decision::Wait(self.now + WATCH_WORKER)
        } else {
            Decision::Probe
        }
    }

    fn worker_is_heard(&self) -> bool {
        let contact = self.facts.worker.last_contact;
        contact.is_some_and(|at| self.now < at + self.facts.timing.silence())
    }

    fn worker_is_ready(&self) -> bool {
        self.facts.worker.phase == Some(WorkerPhase::Ready) && self.worker_is_heard()
    }

    fn worker_gave_up(&self) -> Option<Failure> {
        (self.facts.worker.phase == Some(WorkerPhase::Failed)).then(|| {
            let unknown = || Failure::new(&FailureCode::EngineFailed, "The engine cannot be started.");
            self.facts.worker.failure.clone().unwrap_or_else(unknown)
        })
    }

    /// Why the server will not come up, as far as the look tells.
    fn server_fault(&self) -> Option<Failure> {
        let seen = self.facts.seen.as_ref()?;
        match seen.server.as_ref().map(|server| server.state) {
            None if self.is_proven_missing() => Some(lost()),
            Some(ServerState::Failed) => {
                let message = "The provider reports that the server failed.";
                Some(Failure::new(&FailureCode::ServerFailed, message))
            }
            Some(ServerState::Deleting) => Some(lost()),
            _ => None,
        }
    }

    /// The server is gone, proven. A worker that is heard of lives, whatever the provider's list says.
    fn loss(&self) -> Option<Failure> {
        if self.worker_is_heard() || self.facts.fleet_is_suspect {
            return None;
        }
        self.server_fault()
    }

    fn create_state(&self) -> Option<OperationState> {
        self.facts.create.as_ref().map(|create| create.state)
    }

    fn is_overdue(&self) -> bool {
        deadline(self.facts.status, self.facts.weights_gb)
            .is_some_and(|limit| self.now >= self.facts.status_since + limit)
    }

    /// The deadline passed; what went wrong last says more than that.
    fn too_late(&self, event: Event, cause: Option<Failure>) -> Decision {
        let status = self.facts.status.as_str();
        let minutes = deadline(self.facts.status, self.facts.weights_gb).map_or(0, |limit| limit.num_minutes());
        let unknown = || {
            Failure::new(
                &FailureCode::DeadlinePassed,
                format!("It was still {status} after {minutes} minutes."),
            )
        };
        Decision::Move(event, Some(cause.unwrap_or_else(unknown)))
    }

    fn rest(&self) -> Decision {
        Decision::Wait(self.now + REST)
    }
}

/// Something may exist at the provider that is not on record.
fn is_unsettled(create: &CloudOperation) -> bool {
    matches!(create.state, OperationState::Sent | OperationState::Unknown)
}

/// Refusals that the same request will get again.
fn is_final(failure: &Failure) -> bool {
    let codes = [
        FailureCode::OutOfStock,
        FailureCode::QuotaExceeded,
        FailureCode::ProviderUnauthorized,
        FailureCode::ProviderInvalidRequest,
    ];
    codes.iter().any(|code| code.as_str() == failure.code)
}

fn lost() -> Failure {
    Failure::new(
        &FailureCode::ServerLost,
        "The server does not exist at its provider any more.",
    )
}
