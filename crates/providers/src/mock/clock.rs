//! Moves servers on while nobody asks about them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::{self, AbortHandle};
use tokio::time::timeout;

use super::datacenter::Datacenter;

/// When to look again at a directory that could not be read.
const RETRY: TimeDelta = TimeDelta::seconds(1);

/// The cloud's time. It is not the control plane's: a cloud goes on while nobody looks at it, and through our restarts.
#[allow(
    clippy::disallowed_methods,
    reason = "the cloud has a clock of its own, and this is the one place that reads it"
)]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A task that does what is due when it is due. It holds no state: every call of the API does the same first.
pub(super) struct Clock {
    wake: Arc<Notify>,
    task: AbortHandle,
}

impl Clock {
    pub fn start(datacenter: Arc<Datacenter>) -> Self {
        let wake = Arc::new(Notify::new());
        #[expect(clippy::disallowed_methods, reason = "aborted when the clock is dropped")]
        let task = task::spawn(run(datacenter, Arc::clone(&wake))).abort_handle();
        Self { wake, task }
    }

    /// To be notified after a change.
    pub fn wake(&self) -> &Arc<Notify> {
        &self.wake
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(datacenter: Arc<Datacenter>, wake: Arc<Notify>) {
    loop {
        let at_work = Arc::clone(&datacenter);
        let advanced = task::spawn_blocking(move || at_work.advance(&at_work.lock()?)).await;
        let next = advanced.map_err(io::Error::other).flatten().unwrap_or_else(|error| {
            tracing::warn!(%error, "the mock cloud could not be moved on");
            Some(now() + RETRY)
        });
        match next {
            None => wake.notified().await,
            Some(due) => {
                let wait = (due - now()).to_std().unwrap_or(Duration::ZERO);
                // Either way there is something to look at.
                let _ = timeout(wait, wake.notified()).await;
            }
        }
    }
}
