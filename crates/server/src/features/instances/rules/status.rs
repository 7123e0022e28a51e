//! The state machine, as one table.

use serde::{Deserialize, Serialize};

use crate::activation::Activation;

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InstanceStatus)]
pub enum Status {
    AwaitingApproval,
    Provisioning,
    Booting,
    Installing,
    Starting,
    Ready,
    Unavailable,
    Draining,
    Terminating,
    Terminated,
    Archived,
    ProvisioningFailed,
    StartupFailed,
    Failed,
}

/// The reason that begins an instance's history.
pub const REQUESTED: &str = "requested";

/// Why a status changes; the reason in an instance's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    Approved,
    ServerRunning,
    WorkerRegistered,
    EngineStarted,
    HealthChecked,
    /// The worker reports that it can't serve, or is silent.
    SignalsLost,
    Recovered,
    DrainRequested,
    DrainCancelled,
    Drained,
    TerminationRequested,
    /// Something may still exist at the provider.
    CleanupNeeded,
    GoneAtProvider,
    ProvisioningFailed,
    StartupFailed,
    Failed,
    LateWorker,
    ReinstallRequested,
    Archived,
}

/// Every transition there is; one outside of it cannot be written.
pub const TRANSITIONS: &[(Status, Event, Status)] = {
    use Event as E;
    use Status as S;
    &[
        (S::AwaitingApproval, E::Approved, S::Provisioning),
        (S::AwaitingApproval, E::TerminationRequested, S::Terminated),
        (S::Provisioning, E::ServerRunning, S::Booting),
        (S::Provisioning, E::ProvisioningFailed, S::ProvisioningFailed),
        (S::Provisioning, E::TerminationRequested, S::Terminating),
        (S::Booting, E::WorkerRegistered, S::Installing),
        (S::Booting, E::StartupFailed, S::StartupFailed),
        (S::Booting, E::TerminationRequested, S::Terminating),
        (S::Installing, E::EngineStarted, S::Starting),
        (S::Installing, E::StartupFailed, S::StartupFailed),
        (S::Installing, E::TerminationRequested, S::Terminating),
        (S::Starting, E::HealthChecked, S::Ready),
        (S::Starting, E::StartupFailed, S::StartupFailed),
        (S::Starting, E::TerminationRequested, S::Terminating),
        (S::Ready, E::SignalsLost, S::Unavailable),
        (S::Ready, E::DrainRequested, S::Draining),
        (S::Ready, E::Failed, S::Failed),
        (S::Ready, E::ReinstallRequested, S::Installing),
        (S::Ready, E::TerminationRequested, S::Draining),
        (S::Unavailable, E::Recovered, S::Ready),
        (S::Unavailable, E::Failed, S::Failed),
        (S::Unavailable, E::ReinstallRequested, S::Installing),
        (S::Unavailable, E::TerminationRequested, S::Terminating),
        (S::Draining, E::DrainCancelled, S::Ready),
        (S::Draining, E::Drained, S::Terminating),
        (S::Terminating, E::GoneAtProvider, S::Terminated),
        (S::ProvisioningFailed, E::CleanupNeeded, S::Terminating),
        (S::ProvisioningFailed, E::TerminationRequested, S::Terminating),
        (S::ProvisioningFailed, E::Archived, S::Archived),
        (S::StartupFailed, E::LateWorker, S::Starting),
        (S::StartupFailed, E::ReinstallRequested, S::Installing),
        (S::StartupFailed, E::CleanupNeeded, S::Terminating),
        (S::StartupFailed, E::TerminationRequested, S::Terminating),
        (S::StartupFailed, E::Archived, S::Archived),
        (S::Failed, E::CleanupNeeded, S::Terminating),
        (S::Failed, E::TerminationRequested, S::Terminating),
        (S::Failed, E::Archived, S::Archived),
        (S::Terminated, E::Archived, S::Archived),
    ]
};

/// Every reason that a history can hold.
pub fn reasons() -> Vec<&'static str> {
    let mut reasons = vec![REQUESTED];
    for (_, event, _) in TRANSITIONS {
        if !reasons.contains(&event.as_str()) {
            reasons.push(event.as_str());
        }
    }
    for activation in Activation::ALL {
        reasons.extend([activated(activation, true), activated(activation, false)]);
    }
    reasons
}

/// The reason of an entry that says who set or cleared an activation: it changes what the instance may do, not its status.
pub fn activated(activation: Activation, active: bool) -> &'static str {
    match (activation, active) {
        (Activation::Tech, true) => "tech_activated",
        (Activation::Tech, false) => "tech_deactivated",
        (Activation::Eco, true) => "eco_activated",
        (Activation::Eco, false) => "eco_deactivated",
    }
}

/// Where an event leads, if it may happen there.
pub fn target(from: Status, event: Event) -> Option<Status> {
    TRANSITIONS
        .iter()
        .find(|(status, on, _)| *status == from && *on == event)
        .map(|(_, _, to)| *to)
}

/// What a request to terminate does: `None` when the end was asked for already, or has come.
pub fn termination_of(status: Status) -> Option<Event> {
    target(status, Event::TerminationRequested).map(|_| Event::TerminationRequested)
}

impl Status {
    pub const ALL: [Status; 14] = [
        Status::AwaitingApproval,
        Status::Provisioning,
        Status::Booting,
        Status::Installing,
        Status::Starting,
        Status::Ready,
        Status::Unavailable,
        Status::Draining,
        Status::Terminating,
        Status::Terminated,
        Status::Archived,
        Status::ProvisioningFailed,
        Status::StartupFailed,
        Status::Failed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Status::AwaitingApproval => "awaiting_approval",
            Status::Provisioning => "provisioning",
            Status::Booting => "booting",
            Status::Installing => "installing",
            Status::Starting => "starting",
            Status::Ready => "ready",
            Status::Unavailable => "unavailable",
            Status::Draining => "draining",
            Status::Terminating => "terminating",
            Status::Terminated => "terminated",
            Status::Archived => "archived",
            Status::ProvisioningFailed => "provisioning_failed",
            Status::StartupFailed => "startup_failed",
            Status::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Nothing exists at the provider any more and nothing will.
    pub fn has_ended(self) -> bool {
        matches!(self, Status::Terminated | Status::Archived)
    }
}

impl Event {
    /// The reason in the history.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Approved => "approved",
            Event::ServerRunning => "server_running",
            Event::WorkerRegistered => "worker_registered",
            Event::EngineStarted => "engine_started",
            Event::HealthChecked => "health_checked",
            Event::SignalsLost => "signals_lost",
            Event::Recovered => "recovered",
            Event::DrainRequested => "drain_requested",
            Event::DrainCancelled => "drain_cancelled",
            Event::Drained => "drained",
            Event::TerminationRequested => "termination_requested",
            Event::CleanupNeeded => "cleanup_needed",
            Event::GoneAtProvider => "gone_at_provider",
            Event::ProvisioningFailed => "provisioning_failed",
            Event::StartupFailed => "startup_failed",
            Event::Failed => "failed",
            Event::LateWorker => "late_worker",
            Event::ReinstallRequested => "reinstall_requested",
            Event::Archived => "archived",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_event_leads_to_one_status_only() {
        let mut seen = HashSet::new();
        for (from, event, _) in TRANSITIONS {
            assert!(seen.insert((*from, *event)), "{from:?} {event:?}");
        }
    }

    #[test]
    fn every_status_reaches_the_end_and_every_live_one_can_be_terminated() {
        for status in Status::ALL {
            let mut reached = HashSet::from([status]);
            while let Some(next) = TRANSITIONS
                .iter()
                .find(|(from, _, to)| reached.contains(from) && !reached.contains(to))
            {
                reached.insert(next.2);
            }
            assert!(reached.contains(&Status::Archived), "{status:?}");
            let ending = matches!(status, Status::Draining | Status::Terminating) || status.has_ended();
            assert_eq!(termination_of(status).is_none(), ending, "{status:?}");
        }
    }

    #[test]
    fn nothing_leaves_the_archive_and_nothing_comes_back_from_terminating() {
        assert!(TRANSITIONS.iter().all(|(from, _, _)| *from != Status::Archived));
        for (from, _, to) in TRANSITIONS {
            if *from == Status::Terminating {
                assert_eq!(*to, Status::Terminated);
            }
        }
    }

    #[test]
    fn names_survive_their_text_form() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
    }
}
