//! Tells the server how the worker is, and carries out what the server says.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use uuid::Uuid;
use worker_protocol::{Directive, HeartbeatRequest, HeartbeatResponse, Phase};

use crate::backoff::Backoff;
use crate::control_plane::{CallError, ControlPlane};
use crate::secret::Secret;
use crate::state::WorkerState;

/// Bounds of what the server may ask for.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// Pauses while the server is out of reach.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Why the heartbeats ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeartbeatEnd {
    /// The server said stop.
    Stop,
    /// The server knows this worker no more.
    Refused { code: String },
    /// The server was out of reach for too long and nothing was served.
    Orphaned,
}

pub struct Heartbeats {
    pub control_plane: ControlPlane,
    pub worker_token: Secret,
    pub boot_id: Uuid,
    pub state: Arc<WorkerState>,
    pub interval: Duration,
    /// `None`: never.
    pub exit_when_orphaned_for: Option<Duration>,
}

impl Heartbeats {
    /// One message after the other until there is a reason to end. Dropping the future in between loses nothing.
    pub async fn run(mut self) -> HeartbeatEnd {
        let mut phase_changes = self.state.watch_engine_phase();
        let mut drain_changes = self.state.watch_draining();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut orphan = OrphanClock::new(self.exit_when_orphaned_for, Instant::now());
        let mut sequence = 0_u64;
        loop {
            // Marked as seen before the message is made: what changes from here on wakes the next message at once.
            phase_changes.mark_unchanged();
            drain_changes.mark_unchanged();
            sequence += 1;
            match self.send(sequence).await {
                Ok((phase, response)) => {
                    self.state.acknowledge(phase);
                    orphan.contact(Instant::now());
                    backoff.reset();
                    self.interval = interval(response.heartbeat_interval_ms);
                    match response.directive {
                        Directive::Continue => {}
                        Directive::Drain => self.state.drain(),
                        Directive::Stop => return HeartbeatEnd::Stop,
                    }
                    tokio::select! {
                        () = sleep(self.interval) => {}
                        _ = phase_changes.changed() => {}
                        _ = drain_changes.changed() => {}
                        () = self.drained() => {}
                    }
                }
                Err(CallError::Refused { code }) => return HeartbeatEnd::Refused { code },
                Err(error) => {
                    tracing::warn!(%error, sequence, "heartbeat failed");
                    let pause = orphan.bound(backoff.next_pause());
                    sleep(pause).await;
                }
            }
            if orphan.is_over(self.state.in_flight() > 0, Instant::now()) {
                return HeartbeatEnd::Orphaned;
            }
        }
    }

    async fn send(&self, sequence: u64) -> Result<(Phase, HeartbeatResponse), CallError> {
        let phase = self.state.phase();
        let request = HeartbeatRequest {
            boot_id: self.boot_id,
            sequence,
            phase: phase.clone(),
            in_flight: self.state.in_flight(),
            engine: self.state.report(),
        };
        let response = self.control_plane.heartbeat(&self.worker_token, &request).await?;
        Ok((phase, response))
    }

    /// Resolves when the last running request of a draining worker ends: the server waits for exactly that.
    async fn drained(&self) {
        if self.state.phase() != Phase::Draining || self.state.in_flight() == 0 {
            std::future::pending::<()>().await;
        }
        self.state.idle().await;
    }
}

fn interval(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL)
}

/// The dead-man switch: counts from the last contact with the server or the last request served, whichever is later.
#[derive(Debug)]
pub(crate) struct OrphanClock {
    limit: Option<Duration>,
    since: Instant,
}

impl OrphanClock {
    pub fn new(limit: Option<Duration>, now: Instant) -> Self {
        Self { limit, since: now }
    }

    pub fn contact(&mut self, now: Instant) {
        self.since = now;
    }

    /// Never pause for longer than the switch waits.
    pub fn bound(&self, pause: Duration) -> Duration {
        self.limit.map_or(pause, |limit| pause.min(limit))
    }

    pub fn is_over(&mut self, is_serving: bool, now: Instant) -> bool {
        if is_serving {
            self.since = now;
        }
        self.limit.is_some_and(|limit| now.duration_since(self.since) >= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_man_switch_counts_from_the_last_contact_or_request() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut clock = OrphanClock::new(Some(Duration::from_secs(60)), at(0));
        assert!(!clock.is_over(false, at(59)));
        clock.contact(at(59));
        assert!(!clock.is_over(false, at(118)));
        assert!(!clock.is_over(true, at(300)), "a worker that serves is not alone");
        assert!(!clock.is_over(false, at(359)));
        assert!(clock.is_over(false, at(360)));
        assert!(!OrphanClock::new(None, at(0)).is_over(false, at(1_000_000)));
        assert_eq!(clock.bound(Duration::from_secs(600)), Duration::from_secs(60));
    }

    #[test]
    fn an_interval_out_of_bounds_is_brought_within() {
        assert_eq!(interval(0), SHORTEST_INTERVAL);
        assert_eq!(interval(u64::MAX), LONGEST_INTERVAL);
        assert_eq!(interval(5000), Duration::from_secs(5));
    }
}
