//! Pure decisions: the state machine, what to do next, what fits, how far an instance has come, what it may be called, where what is searched lies.

mod decision;
mod facts;
mod fit;
mod name;
mod progress;
mod search;
mod status;
mod timing;

#[cfg(test)]
mod simulation;

pub use decision::{Decision, is_mass_failure, next_step};
pub use facts::{CloudOperation, Facts, OperationState, Seen, WorkerFacts};
pub use fit::{Fit, Offer, fit};
pub use name::checked_name;
pub use progress::{Milestones, Progress, STEPS, progress};
pub use search::{Found, Group, Places, by_status};
pub use status::{Event, REQUESTED, Status, activated, reasons, target, termination_of};
pub use timing::Timing;

use serde::{Deserialize, Serialize};

use crate::codes::FailureCode;

/// How far a worker has come, as last reported. The order is the order of a normal start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerPhase {
    Installing,
    EngineStarting,
    ModelLoading,
    WarmingUp,
    Ready,
    Degraded,
    Draining,
    Failed,
}

impl WorkerPhase {
    pub const ALL: [WorkerPhase; 8] = [
        WorkerPhase::Installing,
        WorkerPhase::EngineStarting,
        WorkerPhase::ModelLoading,
        WorkerPhase::WarmingUp,
        WorkerPhase::Ready,
        WorkerPhase::Degraded,
        WorkerPhase::Draining,
        WorkerPhase::Failed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            WorkerPhase::Installing => "installing",
            WorkerPhase::EngineStarting => "engine_starting",
            WorkerPhase::ModelLoading => "model_loading",
            WorkerPhase::WarmingUp => "warming_up",
            WorkerPhase::Ready => "ready",
            WorkerPhase::Degraded => "degraded",
            WorkerPhase::Draining => "draining",
            WorkerPhase::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
}

/// What went wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    /// A sentence.
    pub message: String,
}

impl Failure {
    pub fn new(code: &FailureCode, message: impl Into<String>) -> Self {
        Self::recorded(code.as_str(), message)
    }

    /// As it was written down, or as a worker reports it, whose codes may be newer than ours.
    pub fn recorded(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}
