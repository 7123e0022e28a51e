//! Runs the tasks of this process until the program stops.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::board::{Board, Failure, Health};
use super::lease::{LOOK_AGAIN, Lease};
use super::{Rhythm, Round, Run, Shape, Task, Work};
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::new_id;
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::Db;
use crate::plumbing::events::{Events, News, Subscription};

/// A follower that lives this long after a failure is well again.
const STEADY: Duration = Duration::from_secs(10);

/// What every task stands on.
#[derive(Clone)]
pub struct Driver {
    pub db: Db,
    pub clock: Clock,
    pub events: Events,
    pub board: Board,
    /// Once it is cancelled, tasks finish what they have in hand and return.
    pub shutdown: CancellationToken,
}

impl Driver {
    /// Starts the tasks that these roles ask for. The program has stopped once all that runs in `running` has returned; what is
    /// aborted is undone by its transactions and leases.
    pub fn start(&self, roles: &[ServerRole], tasks: Vec<Task>, running: &mut JoinSet<()>) {
        let owner = format!("{}/{}", std::process::id(), new_id());
        for task in tasks.into_iter().filter(|task| task.runs_in(roles)) {
            let supervised = Supervised {
                driver: self.clone(),
                owner: owner.clone(),
                health: self.board.watch(task.name),
                task,
            };
            running.spawn(supervised.run());
        }
    }
}

/// Waits until the connection to the database that was lost is there again.
async fn hears_again(mut news: Subscription) {
    loop {
        match news.next().await {
            Some(News::Missed) => return,
            Some(News::Changed(_)) => {}
            None => std::future::pending().await,
        }
    }
}

struct Supervised {
    driver: Driver,
    /// This process, as leases know it.
    owner: String,
    health: Health,
    task: Task,
}

impl Supervised {
    /// Starts the task, again and again.
    async fn run(self) {
        loop {
            let outcome = AssertUnwindSafe(self.once()).catch_unwind().await;
            let is_ending = self.driver.shutdown.is_cancelled();
            let failures = match &outcome {
                Ok(Ok(())) if is_ending => return,
                Ok(Ok(())) => self.health.fails(Failure::Ended),
                Ok(Err(error)) => self.health.fails(Failure::Error(error)),
                Err(panic) => self.health.fails(Failure::Panic(&**panic)),
            };
            let pause = self.task.backoff.pause(failures, rand::random());
            let news = self.driver.events.subscribe();
            tokio::select! {
                biased;
                () = self.driver.shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                // Most failures are the database's: once it is back, nobody waits for the rest of a long pause.
                () = hears_again(news) => tokio::time::sleep(self.task.backoff.first.min(pause)).await,
            }
            self.health.starts_again();
        }
    }

    /// Runs until the program stops, or the task fails.
    async fn once(&self) -> Result<()> {
        match &self.task.shape {
            Shape::Rounds(rhythm, work) if rhythm.on_one_replica => self.rounds_on_one_replica(rhythm, work).await,
            Shape::Rounds(rhythm, work) => self.rounds(rhythm, work, None).await,
            Shape::Follower(work) => {
                let mut follower = work(self.given(None));
                tokio::select! {
                    outcome = &mut follower => return outcome,
                    () = tokio::time::sleep(STEADY) => self.health.works(),
                }
                follower.await
            }
        }
    }

    async fn rounds(&self, rhythm: &Rhythm, work: &Work<Round>, lease: Option<Lease>) -> Result<()> {
        let Driver { events, shutdown, .. } = &self.driver;
        loop {
            let is_last = shutdown.is_cancelled();
            if is_last && !rhythm.once_more_at_the_end {
                return Ok(());
            }
            let nudges = rhythm.nudges(events);
            let round = work(self.given(lease)).await?;
            self.health.works();
            if is_last {
                return Ok(());
            }
            if round == Round::Idle {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = rhythm.next(events, nudges) => {}
                }
            }
        }
    }

    /// Does the rounds while the lease lasts. A round that loses it is cut, and its transaction with it. After a failure the lease
    /// is given back: another replica may have more luck.
    async fn rounds_on_one_replica(&self, rhythm: &Rhythm, work: &Work<Round>) -> Result<()> {
        let Driver {
            db, clock, shutdown, ..
        } = &self.driver;
        while !shutdown.is_cancelled() {
            let Some(lease) = Lease::take(db, self.task.name, &self.owner, clock.now()).await? else {
                // Another replica has the lease: waiting for it is no failure.
                self.health.works();
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
                continue;
            };
            // Beside the round, not within: each may hold a connection, and nobody holds one who waits for another.
            let mut keeper = JoinSet::new();
            keeper.spawn(lease.keep(db.clone(), clock.clone()));
            let outcome = tokio::select! {
                outcome = self.rounds(rhythm, work, Some(lease)) => outcome,
                _ = keeper.join_next() => continue,
            };
            keeper.shutdown().await;
            let given_back = lease.give_back(db).await;
            outcome.and(given_back)?;
        }
        Ok(())
    }

    fn given(&self, lease: Option<Lease>) -> Run {
        Run {
            shutdown: self.driver.shutdown.clone(),
            clock: self.driver.clock.clone(),
            health: self.health.clone(),
            lease,
        }
    }
}
