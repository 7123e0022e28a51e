//! What the parts of a worker know about each other: one value, read and watched by all.

use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::sync::watch;
use worker_protocol::{EngineReport, Phase};

use crate::ledger::Ledger;
use crate::secret::Secret;

/// Shared by the supervisor (writes phase, address and numbers), the serving side (reads them, counts requests) and the
/// heartbeats (report it all).
pub struct WorkerState {
    engine_phase: watch::Sender<Phase>,
    draining: watch::Sender<bool>,
    in_flight: watch::Sender<u32>,
    engine_address: watch::Sender<Option<SocketAddr>>,
    acknowledged: watch::Sender<Option<Phase>>,
    report: Mutex<Option<EngineReport>>,
    serving_token: OnceLock<Secret>,
    ledger: Ledger,
}

/// A request being served; counts as long as it lives.
pub struct InFlight {
    counter: watch::Sender<u32>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.counter.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Why a request is not accepted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotServing {
    NotReady,
    Draining,
}

impl Default for WorkerState {
    fn default() -> Self {
        Self {
            engine_phase: watch::Sender::new(Phase::Installing),
            draining: watch::Sender::new(false),
            in_flight: watch::Sender::new(0),
            engine_address: watch::Sender::new(None),
            acknowledged: watch::Sender::new(None),
            report: Mutex::new(None),
            serving_token: OnceLock::new(),
            ledger: Ledger::default(),
        }
    }
}

impl WorkerState {
    /// What the server is told.
    pub fn phase(&self) -> Phase {
        reported_phase(&self.engine_phase.borrow(), *self.draining.borrow())
    }

    /// How far the engine itself is.
    pub fn engine_phase(&self) -> Phase {
        self.engine_phase.borrow().clone()
    }

    pub fn set_engine_phase(&self, phase: Phase) {
        self.engine_phase.send_if_modified(|current| {
            let changes = *current != phase;
            if changes {
                tracing::info!(phase = ?phase, "engine phase");
                *current = phase;
            }
            changes
        });
    }

    /// No new requests from now on; there is no way back.
    pub fn drain(&self) {
        self.draining
            .send_if_modified(|draining| !std::mem::replace(draining, true));
    }

    pub fn set_engine_address(&self, address: Option<SocketAddr>) {
        self.engine_address.send_replace(address);
    }

    /// The engine's last numbers; `None` is unknown.
    pub fn report(&self) -> Option<EngineReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_report(&self, report: Option<EngineReport>) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }

    /// Set once, by the registration.
    pub fn set_serving_token(&self, token: Secret) {
        let _ = self.serving_token.set(token);
    }

    /// `None` before the registration: nobody is let in.
    pub fn serving_token(&self) -> Option<&Secret> {
        self.serving_token.get()
    }

    pub fn in_flight(&self) -> u32 {
        *self.in_flight.borrow()
    }

    /// What was made for whom.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn engine_address(&self) -> Option<SocketAddr> {
        *self.engine_address.borrow()
    }

    /// Counts the request and names the engine to send it to. Counted before the check, so that a drain that waits for
    /// zero cannot overlook it.
    pub fn admit(&self) -> Result<(InFlight, SocketAddr), NotServing> {
        self.in_flight.send_modify(|count| *count = count.saturating_add(1));
        let guard = InFlight {
            counter: self.in_flight.clone(),
        };
        if *self.draining.borrow() {
            return Err(NotServing::Draining);
        }
        let address = *self.engine_address.borrow();
        match address {
            Some(address) if *self.engine_phase.borrow() == Phase::Ready => Ok((guard, address)),
            _ => Err(NotServing::NotReady),
        }
    }

    /// The server has taken note of this phase.
    pub fn acknowledge(&self, phase: Phase) {
        self.acknowledged.send_replace(Some(phase));
    }

    /// Waits until the server knows that the worker drains.
    pub async fn drain_acknowledged(&self) {
        let _ = self
            .acknowledged
            .subscribe()
            .wait_for(|phase| *phase == Some(Phase::Draining))
            .await;
    }

    /// Waits until nothing is served.
    pub async fn idle(&self) {
        let _ = self.in_flight.subscribe().wait_for(|count| *count == 0).await;
    }

    pub fn watch_in_flight(&self) -> watch::Receiver<u32> {
        self.in_flight.subscribe()
    }

    pub fn watch_engine_phase(&self) -> watch::Receiver<Phase> {
        self.engine_phase.subscribe()
    }

    pub fn watch_draining(&self) -> watch::Receiver<bool> {
        self.draining.subscribe()
    }
}

/// A failure matters more than a drain, a drain more than anything else.
fn reported_phase(engine: &Phase, is_draining: bool) -> Phase {
    match engine {
        Phase::Failed { .. } => engine.clone(),
        _ if is_draining => Phase::Draining,
        _ => engine.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> WorkerState {
        let state = WorkerState::default();
        state.set_engine_address(Some(([127, 0, 0, 1], 1).into()));
        state.set_engine_phase(Phase::Ready);
        state
    }

    #[test]
    fn a_request_counts_until_its_guard_is_dropped() {
        let state = ready();
        let admitted = state.admit().ok();
        assert_eq!(state.in_flight(), 1);
        drop(admitted);
        assert_eq!(state.in_flight(), 0);
    }

    #[test]
    fn nothing_is_admitted_before_ready_or_while_draining_and_a_refusal_is_not_counted() {
        let refusal = |state: &WorkerState| state.admit().err();
        assert_eq!(refusal(&WorkerState::default()), Some(NotServing::NotReady));
        let state = ready();
        state.drain();
        assert_eq!(refusal(&state), Some(NotServing::Draining));
        assert_eq!(state.in_flight(), 0);
    }

    #[test]
    fn a_drain_hides_every_phase_but_a_failure() {
        assert_eq!(reported_phase(&Phase::Ready, false), Phase::Ready);
        assert_eq!(reported_phase(&Phase::Ready, true), Phase::Draining);
        let failed = Phase::Failed {
            code: "engine_crash_loop".into(),
            message: String::new(),
        };
        assert_eq!(reported_phase(&failed, true), failed);
    }
}
