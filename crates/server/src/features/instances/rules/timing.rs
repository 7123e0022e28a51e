//! How long things may take.

use chrono::Duration;

use super::Status;

/// Weights travel at 100 MB/s; three times that is allowed for.
const SECONDS_PER_GB: i64 = 30;

/// A worker that missed so many heartbeats is not counted on.
const MISSED_HEARTBEATS: i32 = 3;

/// The pace of a provider: the mock cloud runs about a hundred times faster than a real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub heartbeat_interval: Duration,
    /// Between two looks at a server that is on its way.
    pub poll: Duration,
    /// Between two looks at a server that is where it should be.
    pub watch: Duration,
    /// How long a server that was ordered may stay invisible: nobody concludes that it was never made before.
    pub creation_grace: Duration,
    /// "Missing at the provider" needs two answers, so far apart.
    pub absence_proof: Duration,
    /// How long a server whose start was accepted may still show as stopped.
    pub start_grace: Duration,
}

impl Timing {
    /// By the provider's code.
    pub fn of(provider: &str) -> Self {
        if provider == "mock" {
            Self {
                heartbeat_interval: Duration::seconds(1),
                poll: Duration::milliseconds(200),
                watch: Duration::seconds(10),
                creation_grace: Duration::seconds(5),
                absence_proof: Duration::seconds(3),
                start_grace: Duration::seconds(1),
            }
        } else {
            Self {
                heartbeat_interval: Duration::seconds(5),
                poll: Duration::seconds(5),
                watch: Duration::seconds(60),
                creation_grace: Duration::seconds(300),
                absence_proof: Duration::seconds(60),
                start_grace: Duration::seconds(15),
            }
        }
    }

    /// A worker that was not heard of for longer may be dead. Also how long an earlier boot must be silent before another one
    /// may take its place.
    pub fn silence(&self) -> Duration {
        self.heartbeat_interval * MISSED_HEARTBEATS + Duration::seconds(2)
    }
}

/// A silent worker's instance becomes unavailable after this.
pub const SILENT_FOR: Duration = Duration::minutes(5);

/// How long an instance may stay in a status. `None`: as long as it takes.
pub fn deadline(status: Status, weights_gb: i32) -> Option<Duration> {
    Some(match status {
        Status::Provisioning | Status::Booting | Status::Unavailable => Duration::minutes(10),
        Status::Installing => Duration::minutes(30),
        Status::Starting => Duration::minutes(45) + Duration::seconds(SECONDS_PER_GB * i64::from(weights_gb)),
        Status::Draining => Duration::minutes(5),
        _ => return None,
    })
}

/// Pause before an attempt is repeated: 1 s, 2 s, 4 s … up to the limit.
pub fn backoff(attempt: i32, limit: Duration) -> Duration {
    let exponent = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(20);
    Duration::seconds(1_i64 << exponent).min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_limit() {
        let limit = Duration::minutes(10);
        let pauses: Vec<i64> = [0, 1, 2, 3, 10, 11, i32::MAX]
            .map(|attempt| backoff(attempt, limit).num_seconds())
            .into();
        assert_eq!(pauses, [1, 1, 2, 4, 512, 600, 600]);
    }

    #[test]
    fn large_weights_get_more_time_to_start() {
        assert!(deadline(Status::Starting, 500) > deadline(Status::Starting, 0));
        assert_eq!(deadline(Status::Terminating, 0), None, "termination never gives up");
    }
}
