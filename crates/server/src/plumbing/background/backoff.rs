//! How long to wait before trying again.

use std::time::Duration;

/// Pauses that double with each failure, from the first to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
}

impl Backoff {
    /// The pause after so many failures in a row. The jitter (a random number) takes up to a quarter of it away, so that what
    /// failed together doesn't come back together.
    pub fn pause(&self, failures: u32, jitter: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let full = self.first.saturating_mul(1 << doublings).min(self.longest);
        full - (full / 4).mul_f64(f64::from(jitter) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(15),
        longest: Duration::from_secs(2400),
    };

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let seconds = [1, 2, 3, 8, 9, 40, u32::MAX].map(|failures| BACKOFF.pause(failures, 0).as_secs());
        assert_eq!(seconds, [15, 30, 60, 1920, 2400, 2400, 2400]);
    }

    #[test]
    fn jitter_only_shortens_and_by_a_quarter_at_most() {
        for failures in 1..=20 {
            let (longest, shortest) = (BACKOFF.pause(failures, 0), BACKOFF.pause(failures, u32::MAX));
            assert!(shortest < longest && shortest * 4 >= longest * 3, "{failures}");
        }
    }
}
