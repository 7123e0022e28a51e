//! Does jobs. Each kind has a task of its own, so that one kind's trouble is not the others'. Any number of replicas may run it:
//! each job is leased to one at a time.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt as _;

use super::store::{self, Claimed};
use super::{Job, announce};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::plumbing::background::{Rhythm, Round, Task};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::{Db, SystemReason};
use crate::plumbing::events::Topic;

/// How often is looked without being nudged.
const POLL: Duration = Duration::from_secs(2);
/// Longer than a run may take: when it ends, whoever had the job is gone.
const LEASE: TimeDelta = TimeDelta::seconds(60);
const RUN_LIMIT: Duration = Duration::from_secs(30);

/// The task that does jobs of one kind, in processes with one of these roles.
pub fn task<J: Job>(db: &Db, clock: &Clock, roles: &'static [ServerRole], job: J) -> Task {
    let worker = Arc::new(Worker {
        db: db.clone(),
        clock: clock.clone(),
        job,
    });
    let rhythm = Rhythm::every(POLL).nudged_by(&[Topic::Jobs]);
    Task::rounds(J::KIND, roles, rhythm, move |_| {
        let worker = Arc::clone(&worker);
        async move { worker.round().await }
    })
}

struct Worker<J> {
    db: Db,
    clock: Clock,
    job: J,
}

/// Why a run came to nothing. What is kept and shown is a category; the error itself is logged.
enum Trouble {
    /// The lease ran out and another worker took the job: this run may write nothing any more.
    LeaseLost,
    /// The job or the database failed: it may work another time.
    Failed { category: &'static str, error: String },
    /// Trying again can't help.
    Hopeless(&'static str),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Failed {
            category: error.code.as_str(),
            error: error.to_string(),
        }
    }
}

impl<J: Job> Worker<J> {
    /// One job, if one is due.
    async fn round(&self) -> Result<Round> {
        let mut tx = self.db.system(SystemReason::Jobs).await?;
        let claimed = store::claim(&mut tx, J::KIND, self.clock.now(), LEASE).await?;
        tx.commit().await?;
        let Some(job) = claimed else {
            return Ok(Round::Idle);
        };
        // The attempts are used up and yet it is not dead: the processes ended in the middle of them.
        let outcome = if job.attempts > J::MOST_ATTEMPTS {
            Err(Trouble::Hopeless("every process that tried ended"))
        } else {
            self.attempt(&job).await
        };
        match outcome {
            Ok(()) => self.job.committed(),
            Err(trouble) => self.note(&job, trouble).await?,
        }
        Ok(Round::More)
    }

    async fn attempt(&self, job: &Claimed) -> Result<(), Trouble> {
        // The message of a parsing error may hold what it read: it is not passed on.
        let payload =
            serde_json::from_value(job.payload.clone()).map_err(|_| Trouble::Hopeless("unreadable payload"))?;
        let mut tx = self.db.system(J::REASON).await?;
        let run = AssertUnwindSafe(self.job.run(&mut tx, payload)).catch_unwind();
        match tokio::time::timeout(RUN_LIMIT, run).await {
            Ok(Ok(outcome)) => outcome?,
            Ok(Err(_)) => return Err(failed("panicked")),
            Err(_) => return Err(failed("took too long")),
        }
        if !store::finish(&mut tx, job, self.clock.now()).await? {
            return Err(Trouble::LeaseLost);
        }
        Ok(tx.commit().await?)
    }

    async fn note(&self, job: &Claimed, trouble: Trouble) -> Result<()> {
        let (id, kind, attempts, now) = (job.id, J::KIND, job.attempts, self.clock.now());
        let mut tx = self.db.system(SystemReason::Jobs).await?;
        match trouble {
            Trouble::LeaseLost => tracing::info!(job = %id, kind, attempts, "a job went to another run of it"),
            Trouble::Failed { category, error } if attempts < J::MOST_ATTEMPTS => {
                let pause = J::BACKOFF.pause(attempts.unsigned_abs(), rand::random());
                let until = now + TimeDelta::from_std(pause).map_err(Error::internal)?;
                store::put_off(&mut tx, job, until, category).await?;
                tracing::warn!(job = %id, kind, attempts, error, next_attempt_at = %until, "a job failed");
            }
            Trouble::Failed { category, error } => {
                store::bury(&mut tx, job, now, category).await?;
                announce(tx.conn(), id).await?;
                tracing::error!(job = %id, kind, attempts, error, "a job is given up");
            }
            Trouble::Hopeless(why) => {
                store::bury(&mut tx, job, now, why).await?;
                announce(tx.conn(), id).await?;
                tracing::error!(job = %id, kind, attempts, why, "a job is given up");
            }
        }
        tx.commit().await
    }
}

fn failed(category: &'static str) -> Trouble {
    Trouble::Failed {
        category,
        error: category.to_owned(),
    }
}
