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

/// The steps of a start in their order, each with the percentage that it stands for.
pub const STEPS: [(&str, u8); 10] = [
    ("accepted", 5),
    ("server_created", 20),
    ("server_started", 30),
    ("address_known", 40),
    ("worker_registered", 50),
    ("engine_answers", 60),
    ("model_loaded", 75),
    ("warmed_up", 90),
    ("health_checked", 95),
    ("ready", 100),
];

pub fn progress(milestones: &Milestones) -> Progress {
    let phase_at_least = |wanted: WorkerPhase| {
        milestones.worker_registered
            && milestones
                .phase
                .and_then(rank)
                .is_some_and(|rank_| Some(rank_) >= rank(wanted))
    };
    let done = [
        milestones.status != Status::AwaitingApproval,
        milestones.server_created,
        milestones.server_started,
        milestones.address_known,
        milestones.worker_registered,
        phase_at_least(WorkerPhase::ModelLoading),
        phase_at_least(WorkerPhase::WarmingUp),
        phase_at_least(WorkerPhase::Ready),
        milestones.health_checked,
        milestones.was_ready,
    ];
    let furthest = STEPS.iter().zip(done).rev().find(|(_, done)| *done);
    Progress {
        percent: furthest.map_or(0, |((_, percent), _)| *percent),
        step: furthest.map(|((step, _), _)| *step),
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
