//! What a decision is made from.

use chrono::{DateTime, Utc};
use providers::Server;

use super::{Failure, Status, Timing, WorkerPhase};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// Written down; no call was made.
    Intended,
    /// A call was about to be made: it may have been.
    Sent,
    Confirmed,
    /// Certainly without effect.
    Failed,
    /// A call was made and its answer was lost.
    Unknown,
}

impl OperationState {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "intended" => Self::Intended,
            "sent" => Self::Sent,
            "confirmed" => Self::Confirmed,
            "failed" => Self::Failed,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

/// The latest operation of a kind, from the intent log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudOperation {
    pub state: OperationState,
    /// From 1.
    pub attempt: i32,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub failure: Option<Failure>,
}

/// What the worker said last.
#[derive(Debug, Clone, Default)]
pub struct WorkerFacts {
    pub is_registered: bool,
    pub phase: Option<WorkerPhase>,
    pub failure: Option<Failure>,
    /// Last registration or heartbeat, by our clock.
    pub last_contact: Option<DateTime<Utc>>,
    pub in_flight: i32,
    pub good_heartbeats: i32,
}

/// What a look at the provider showed.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The instance's server: the one on record, else the oldest with its tag.
    pub server: Option<Server>,
    /// Others with its tag: something went wrong.
    pub extras: Vec<Server>,
}

/// Everything a decision depends on.
#[derive(Debug, Clone)]
pub struct Facts {
    pub timing: Timing,
    pub status: Status,
    pub status_since: DateTime<Utc>,
    pub should_run: bool,
    pub is_approved: bool,
    pub weights_gb: i32,
    /// The provider's id is on record.
    pub has_server: bool,
    pub server_started_at: Option<DateTime<Utc>>,
    /// First of the looks that did not find the server.
    pub missing_since: Option<DateTime<Utc>>,
    pub create: Option<CloudOperation>,
    pub start: Option<CloudOperation>,
    pub delete: Option<CloudOperation>,
    pub worker: WorkerFacts,
    /// When the server last reached the worker.
    pub health_checked_at: Option<DateTime<Utc>>,
    /// Looked up in this visit.
    pub seen: Option<Seen>,
    /// The health check of this visit failed.
    pub probe_failed: bool,
    /// Too many instances seem to die at once for all of them to be dead.
    pub fleet_is_suspect: bool,
}
