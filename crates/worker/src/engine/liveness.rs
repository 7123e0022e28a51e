//! Tells a hung engine from a busy one: its health endpoint may stay good while nothing is generated.

use std::time::{Duration, Instant};

use super::Scrape;

/// What to do after a scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Alive,
    /// Idle for long enough that only a generated token proves anything.
    NeedsCanary,
    /// Has work and made no progress for too long.
    Stalled,
}

/// Progress seen so far. Pure: the caller passes the time.
#[derive(Debug)]
pub struct Liveness {
    stall_after: Duration,
    progress: Option<u64>,
    /// When progress was last seen, or when work last began.
    alive_at: Instant,
    is_busy: bool,
}

impl Liveness {
    /// To be made when a token was just generated.
    pub fn new(stall_after: Duration, now: Instant) -> Self {
        Self {
            stall_after,
            progress: None,
            alive_at: now,
            is_busy: false,
        }
    }

    pub fn observe(&mut self, scrape: &Scrape, now: Instant) -> Verdict {
        let is_busy = scrape.report.running > 0;
        // Any change is progress: a counter that falls belongs to an engine that restarted inside.
        let moved = self.progress.replace(scrape.progress) != Some(scrape.progress);
        let began = is_busy && !self.is_busy;
        self.is_busy = is_busy;
        if moved || began {
            self.alive_at = now;
        }
        let silent_for = now.duration_since(self.alive_at);
        if is_busy && silent_for >= self.stall_after {
            Verdict::Stalled
        } else if !is_busy && silent_for >= self.stall_after * 2 {
            Verdict::NeedsCanary
        } else {
            Verdict::Alive
        }
    }

    /// A token was generated on demand.
    pub fn proved(&mut self, now: Instant) {
        self.alive_at = now;
    }
}

#[cfg(test)]
mod tests {
    use worker_protocol::EngineReport;

    use super::*;

    fn scrape(running: u32, progress: u64) -> Scrape {
        let report = EngineReport {
            running,
            waiting: 0,
            kv_cache_usage: None,
            prompt_tokens_total: 0,
            generation_tokens_total: 0,
        };
        Scrape { report, progress }
    }

    fn liveness() -> (Liveness, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Liveness::new(Duration::from_secs(30), start), move |seconds| {
            start + Duration::from_secs(seconds)
        })
    }

    #[test]
    fn work_without_progress_is_a_stall_and_progress_ends_it() {
        let (mut liveness, at) = liveness();
        assert_eq!(liveness.observe(&scrape(1, 5), at(0)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(1, 5), at(29)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(1, 5), at(30)), Verdict::Stalled);
        assert_eq!(liveness.observe(&scrape(1, 6), at(31)), Verdict::Alive);
    }

    #[test]
    fn an_idle_engine_needs_a_canary_and_work_that_just_began_has_its_full_time() {
        let (mut liveness, at) = liveness();
        assert_eq!(liveness.observe(&scrape(0, 5), at(0)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(0, 5), at(59)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(0, 5), at(60)), Verdict::NeedsCanary);
        liveness.proved(at(60));
        assert_eq!(liveness.observe(&scrape(0, 5), at(100)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(1, 5), at(119)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(1, 5), at(148)), Verdict::Alive);
        assert_eq!(liveness.observe(&scrape(1, 5), at(149)), Verdict::Stalled);
    }
}
