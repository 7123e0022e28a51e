//! Pauses between attempts: exponential, jittered, bounded.

use std::time::Duration;

/// Doubles from `first` to `longest`; every pause is drawn between half of the step and the whole of it, so that a fleet
/// that lost its server together does not come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// The pause after one more failure.
    pub fn next_pause(&mut self) -> Duration {
        let step = self.step();
        self.failures = self.failures.saturating_add(1);
        step.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// The next attempt after a success starts over.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn step(&self) -> Duration {
        let factor = 2_u32.saturating_pow(self.failures.min(30));
        self.first.saturating_mul(factor).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(8));
        for step in [1.0, 2.0, 4.0, 8.0, 8.0, 8.0] {
            let pause = backoff.next_pause().as_secs_f64();
            assert!((step / 2.0..=step).contains(&pause), "{pause} for {step}");
        }
        backoff.reset();
        assert!(backoff.next_pause() <= Duration::from_secs(1));
    }

    #[test]
    fn a_hundred_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_secs(3600), Duration::from_secs(7200));
        for _ in 0..100 {
            assert!(backoff.next_pause() <= Duration::from_secs(7200));
        }
    }
}
