//! Work that nobody waits for. One driver runs every loop of the program, so that each of them is watched, restarted and ended in
//! the same way.
//!
//! - A [`Task`] is a name, the server roles it runs in, and one of two shapes. *Rounds* do one piece of work and are called again,
//!   by the clock or by a nudge. A *follower* runs until the program stops: it listens, or has many things in hand at once.
//! - A task that fails, ends or panics is logged with its name, counted, and started again after a pause that grows. The others
//!   don't notice. The [`Board`] says which one is down and since when.
//! - Nudges are hints, polling is the truth: a task is correct with every nudge lost.
//! - Where one replica is enough, rounds are held together by a [`lease`]. Writes that two replicas must not both make ask
//!   [`Run::hold`] in their own transaction.
//!
//! Two kinds of work are built on it: jobs ([`super::jobs`]: asked for in the transaction that causes them, with an input) and
//! reconcilers (no input: they look at what is and at what should be). Table: `background_leases`.

mod backoff;
mod board;
mod driver;
mod lease;
mod rhythm;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::SystemTx;
pub use backoff::Backoff;
pub use board::{Board, Down};
use board::{Failure, Health};
pub use driver::Driver;
pub use lease::LEASE;
use lease::Lease;
pub use rhythm::Rhythm;

/// Pauses between the starts of a task that fails, unless it asks for others.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(30),
};

/// What a round found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Nothing is left that is due: the next round may wait.
    Idle,
    /// There may be more: the next round comes at once.
    More,
}

type Work<T> = Arc<dyn Fn(Run) -> BoxFuture<'static, Result<T>> + Send + Sync>;

/// One piece of background work, handed out by the feature that it belongs to.
#[derive(Clone)]
pub struct Task {
    name: &'static str,
    roles: &'static [ServerRole],
    backoff: Backoff,
    shape: Shape,
}

#[derive(Clone)]
enum Shape {
    Rounds(Rhythm, Work<Round>),
    Follower(Work<()>),
}

impl Task {
    /// Calls `work` again and again. `name` is snake_case and unlike that of any other task; it is in logs, metrics and `/readyz`.
    pub fn rounds<F, W>(name: &'static str, roles: &'static [ServerRole], rhythm: Rhythm, work: F) -> Self
    where
        F: Fn(Run) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Round>> + Send + 'static,
    {
        Self {
            name,
            roles,
            backoff: BACKOFF,
            shape: Shape::Rounds(rhythm, Arc::new(move |run| Box::pin(work(run)))),
        }
    }

    /// Calls `work` once; it returns after [`Run::ending`] and not before. It is called again when it fails.
    pub fn follower<F, W>(name: &'static str, roles: &'static [ServerRole], work: F) -> Self
    where
        F: Fn(Run) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        Self {
            name,
            roles,
            backoff: BACKOFF,
            shape: Shape::Follower(Arc::new(move |run| Box::pin(work(run)))),
        }
    }

    /// Waits no longer than this after a failure.
    pub fn back_within(mut self, longest: Duration) -> Self {
        self.backoff = Backoff {
            first: self.backoff.first.min(longest),
            longest,
        };
        self
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Does it run in a process with these roles?
    pub fn runs_in(&self, roles: &[ServerRole]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

/// What a task is given each time it is called.
#[derive(Clone)]
pub struct Run {
    shutdown: CancellationToken,
    clock: Clock,
    health: Health,
    lease: Option<Lease>,
}

impl Run {
    /// Waits until the program is told to stop.
    pub async fn ending(&self) {
        self.shutdown.cancelled().await;
    }

    pub fn is_ending(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// For a follower that looks after its own failures: it does what it is there for.
    pub fn works(&self) {
        self.health.works();
    }

    /// For a follower that looks after its own failures: logs and counts one, and shows the task as down until it [works].
    /// Answers how many there were in a row.
    ///
    /// [works]: Self::works
    pub fn fails(&self, error: &Error) -> u32 {
        self.health.fails(Failure::Error(error))
    }

    /// Makes sure, until the end of the transaction, that no other replica does this task's rounds. Nothing to make sure of where
    /// every replica does them.
    ///
    /// # Errors
    /// Another replica took over: nothing may be written.
    pub async fn hold(&self, tx: &mut SystemTx) -> Result<()> {
        match &self.lease {
            Some(lease) => lease.hold(tx, self.clock.now()).await,
            None => Ok(()),
        }
    }
}
