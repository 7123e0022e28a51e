//! The one source of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, SubsecRound, Utc};

/// Wall-clock time, shared by everything that asks for it. Tests move it forward instead of waiting.
#[derive(Clone, Default)]
pub struct Clock {
    advanced_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Now, in UTC, cut to microseconds: what PostgreSQL stores compares equal to what was written.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the system's clock"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        (Utc::now() + Duration::milliseconds(self.advanced_ms.load(Ordering::Relaxed))).trunc_subsecs(6)
    }

    /// Moves the clock of everything that shares it.
    pub fn advance(&self, by: Duration) {
        self.advanced_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
