//! How far an instance has come: derived from what was recorded, never stored.

use super::{Status, WorkerPhase};

/// What is known of an instance's start.
#[derive(Debug, Clone, Copy)]
pub struct Milestones {
    pub status: Status,
    pub server_created: bool,
    pub server_started: bool,
    pub address_known: bool,
    pub worker_registered: bool,
    pub phase: Option<WorkerPhase>,
    pub health_checked: bool,
    pub was_ready: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub percent: u8,
    /// The last step completed; `None` while the request waits for its approval.
    pub step: Option<&'static str>,
}

/// The table: each step with its percentage, the furthest first.
pub fn progress(milestones: &Milestones) -> Progress {
    let phase_at_least = |wanted: WorkerPhase| {
        milestones.worker_registered
            && milestones
                .phase
                .and_then(rank)
                .is_some_and(|rank_| Some(rank_) >= rank(wanted))
    };
    let table = [
        (100, "ready", milestones.was_ready),
        (95, "health_checked", milestones.health_checked),
        (90, "warmed_up", phase_at_least(WorkerPhase::Ready)),
        (75, "model_loaded", phase_at_least(WorkerPhase::WarmingUp)),
        (60, "engine_answers", phase_at_least(WorkerPhase::ModelLoading)),
        (50, "worker_registered", milestones.worker_registered),
        (40, "address_known", milestones.address_known),
        (30, "server_started", milestones.server_started),
        (20, "server_created", milestones.server_created),
        (5, "accepted", milestones.status != Status::AwaitingApproval),
    ];
    let reached = table.into_iter().find(|(_, _, reached)| *reached);
    match reached {
        Some((percent, step, _)) => Progress {
            percent,
            step: Some(step),
        },
        None => Progress { percent: 0, step: None },
    }
}

/// Phases outside of a normal start say nothing about how far it came.
fn rank(phase: WorkerPhase) -> Option<u8> {
    match phase {
        WorkerPhase::Installing => Some(0),
        WorkerPhase::EngineStarting => Some(1),
        WorkerPhase::ModelLoading => Some(2),
        WorkerPhase::WarmingUp => Some(3),
        WorkerPhase::Ready => Some(4),
        WorkerPhase::Degraded | WorkerPhase::Draining | WorkerPhase::Failed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Milestones = Milestones {
        status: Status::Provisioning,
        server_created: false,
        server_started: false,
        address_known: false,
        worker_registered: false,
        phase: None,
        health_checked: false,
        was_ready: false,
    };

    #[test]
    fn each_step_has_the_percentage_of_the_table() {
        let waiting = Milestones {
            status: Status::AwaitingApproval,
            ..NOTHING
        };
        let created = Milestones {
            server_created: true,
            ..NOTHING
        };
        let started = Milestones {
            server_started: true,
            ..created
        };
        let addressed = Milestones {
            address_known: true,
            ..started
        };
        let registered = Milestones {
            worker_registered: true,
            ..addressed
        };
        let at = |phase| Milestones {
            phase: Some(phase),
            ..registered
        };
        let checked = Milestones {
            health_checked: true,
            ..at(WorkerPhase::Ready)
        };
        let ready = Milestones {
            was_ready: true,
            ..checked
        };
        let steps = [
            (waiting, 0),
            (NOTHING, 5),
            (created, 20),
            (started, 30),
            (addressed, 40),
            (registered, 50),
            (at(WorkerPhase::Installing), 50),
            (at(WorkerPhase::EngineStarting), 50),
            (at(WorkerPhase::ModelLoading), 60),
            (at(WorkerPhase::WarmingUp), 75),
            (at(WorkerPhase::Ready), 90),
            (checked, 95),
            (ready, 100),
        ];
        for (milestones, percent) in steps {
            assert_eq!(progress(&milestones).percent, percent, "{milestones:?}");
        }
    }
}
