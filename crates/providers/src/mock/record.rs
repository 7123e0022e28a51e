//! One server as it is written down, and what has to happen to it next.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::processes::WorkerProcess;
use crate::{CreateServer, Server, ServerState};

/// Content of a server's file. It holds the bootstrap token, as a cloud's user data does: no `Debug`, and files of mode 0600.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Version 7, so that the order of ids is the order of creation.
    pub id: Uuid,
    pub name: String,
    pub zone: String,
    pub instance_type: String,
    pub instance_id: Uuid,
    pub created_at: DateTime<Utc>,
    pub billable_since: Option<DateTime<Utc>>,
    pub control_plane_url: String,
    pub bootstrap_token: String,
    pub phase: Phase,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub(super) enum Phase {
    Stopped,
    /// Runs at `until`, or is found to have no hardware then and stops again.
    Starting {
        until: DateTime<Utc>,
        in_stock: bool,
    },
    Running {
        worker: Worker,
    },
    /// Gone at `not_before`, unless a process still has to be killed at `kill_at`.
    Deleting {
        not_before: DateTime<Utc>,
        kill_at: DateTime<Utc>,
    },
    /// The worker could not be spawned.
    Failed {
        message: String,
    },
}

/// The process of a running machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Worker {
    /// There should be none: whatever is found was about to be stopped.
    Off,
    /// Written before the spawn: whatever is found was just spawned.
    Launching,
    Started(WorkerProcess),
}

/// What is due for a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, until somebody asks for something.
    Rest,
    WaitUntil(DateTime<Utc>),
    PowerOn,
    FallBackToStopped,
    /// Make sure that nothing runs on the machine, then launch its worker.
    Boot,
    LaunchWorker,
    /// Remove the server; `force`: kill what still runs on it first.
    FinishDeletion {
        force: bool,
    },
}

impl Record {
    pub fn new(order: &CreateServer, now: DateTime<Utc>) -> Self {
        Self {
            id: new_server_id(),
            name: order.name.clone(),
            zone: order.zone.clone(),
            instance_type: order.instance_type.clone(),
            instance_id: order.instance_id,
            created_at: now,
            billable_since: None,
            control_plane_url: order.boot.control_plane_url.clone(),
            bootstrap_token: order.boot.bootstrap_token.clone(),
            phase: Phase::Stopped,
        }
    }

    pub fn next_step(&self, now: DateTime<Utc>) -> Step {
        match &self.phase {
            Phase::Starting { until, .. } if now < *until => Step::WaitUntil(*until),
            Phase::Starting { in_stock: true, .. } => Step::PowerOn,
            Phase::Starting { in_stock: false, .. } => Step::FallBackToStopped,
            Phase::Running { worker: Worker::Off } => Step::Boot,
            Phase::Running {
                worker: Worker::Launching,
            } => Step::LaunchWorker,
            Phase::Deleting { not_before, .. } if now < *not_before => Step::WaitUntil(*not_before),
            Phase::Deleting { kill_at, .. } => Step::FinishDeletion { force: now >= *kill_at },
            Phase::Stopped | Phase::Running { .. } | Phase::Failed { .. } => Step::Rest,
        }
    }

    /// What the cloud shows of it.
    pub fn describe(&self) -> Server {
        let state = match &self.phase {
            Phase::Stopped => ServerState::Stopped,
            Phase::Starting { .. } => ServerState::Starting,
            Phase::Running { .. } => ServerState::Running,
            Phase::Deleting { .. } => ServerState::Deleting,
            Phase::Failed { .. } => ServerState::Failed,
        };
        Server {
            id: self.id.to_string(),
            zone: self.zone.clone(),
            instance_type: self.instance_type.clone(),
            instance_id: Some(self.instance_id),
            state,
            address: (state == ServerState::Running).then(|| "127.0.0.1".to_owned()),
            created_at: self.created_at,
            billable_since: self.billable_since,
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the cloud gives its servers ids, as any cloud does"
)]
fn new_server_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::Boot;

    fn record(phase: Phase) -> Record {
        let order = CreateServer {
            instance_id: Uuid::from_u128(7),
            name: "a server".into(),
            zone: "mock-paris-1".into(),
            instance_type: "mock-l4-1".into(),
            boot: Boot {
                control_plane_url: "http://127.0.0.1:1".into(),
                bootstrap_token: "token".into(),
            },
        };
        Record {
            phase,
            ..Record::new(&order, DateTime::UNIX_EPOCH)
        }
    }

    #[test]
    fn a_starting_server_waits_and_then_runs_or_falls_back() {
        let until = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
        let before = until - TimeDelta::nanoseconds(1);
        for (in_stock, then) in [(true, Step::PowerOn), (false, Step::FallBackToStopped)] {
            let starting = record(Phase::Starting { until, in_stock });
            assert_eq!(starting.next_step(before), Step::WaitUntil(until));
            assert_eq!(starting.next_step(until), then);
        }
    }

    #[test]
    fn a_deletion_is_forced_only_after_the_grace_time() {
        let not_before = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
        let kill_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(2);
        let deleting = record(Phase::Deleting { not_before, kill_at });
        assert_eq!(deleting.next_step(DateTime::UNIX_EPOCH), Step::WaitUntil(not_before));
        assert_eq!(deleting.next_step(not_before), Step::FinishDeletion { force: false });
        assert_eq!(deleting.next_step(kill_at), Step::FinishDeletion { force: true });
    }

    #[test]
    fn a_running_server_gets_a_worker_and_is_then_left_alone() {
        let next = |worker| record(Phase::Running { worker }).next_step(DateTime::UNIX_EPOCH);
        assert_eq!(next(Worker::Off), Step::Boot);
        assert_eq!(next(Worker::Launching), Step::LaunchWorker);
        assert_eq!(
            next(Worker::Started(WorkerProcess { pid: 1, start_time: 2 })),
            Step::Rest
        );
    }

    #[test]
    fn the_description_shows_an_address_only_while_running_and_never_the_token() {
        let running = record(Phase::Running { worker: Worker::Off });
        assert_eq!(running.describe().address.as_deref(), Some("127.0.0.1"));
        assert_eq!(record(Phase::Stopped).describe().address, None);
        assert!(!serde_json::to_string(&running.describe()).unwrap().contains("token"));
    }
}
