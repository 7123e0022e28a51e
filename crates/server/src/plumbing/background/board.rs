//! How the tasks of this process are: for `/readyz`, for Prometheus, and for the log.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::error::Error;

/// The tasks of this process and which of them are down. Names and times only: whoever may ask `/readyz` may read it.
#[derive(Clone)]
pub struct Board {
    clock: Clock,
    tasks: Arc<Mutex<BTreeMap<&'static str, Line>>>,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    /// Its start, before there is one.
    last_success: DateTime<Utc>,
    streak: Option<Streak>,
}

/// Failures with no success between them.
#[derive(Debug, Clone, Copy)]
struct Streak {
    since: DateTime<Utc>,
    failures: u32,
}

/// A task that doesn't do what it is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down {
    pub task: &'static str,
    /// Since the first failure after the last success.
    pub since: DateTime<Utc>,
    pub failures: u32,
}

impl Board {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            tasks: Arc::default(),
        }
    }

    /// By name.
    pub fn down(&self) -> Vec<Down> {
        let down = |(task, line): (&&'static str, &Line)| {
            line.streak
                .map(|Streak { since, failures }| Down { task, since, failures })
        };
        self.tasks().iter().filter_map(down).collect()
    }

    /// The tasks of this process, by name.
    pub fn names(&self) -> Vec<&'static str> {
        self.tasks().keys().copied().collect()
    }

    /// When a task of this process last did its work, or began to; `None` for one that it doesn't have.
    pub fn last_success(&self, task: &str) -> Option<DateTime<Utc>> {
        self.tasks().get(task).map(|line| line.last_success)
    }

    /// `ok`, and a line for each task that is down.
    pub fn report(&self) -> String {
        let now = self.clock.now();
        let line = |down: &Down| format!("\n{} is down for {} s", down.task, (now - down.since).num_seconds());
        "ok".to_owned() + &self.down().iter().map(line).collect::<String>()
    }

    /// Takes a task in; it is up until it fails.
    pub(super) fn watch(&self, task: &'static str) -> Health {
        let line = Line {
            last_success: self.clock.now(),
            streak: None,
        };
        self.tasks().insert(task, line);
        metrics::gauge!("inventiv_background_up", "task" => task).set(1.0);
        Health {
            board: self.clone(),
            task,
        }
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<&'static str, Line>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a task stopped.
pub(super) enum Failure<'a> {
    Error(&'a Error),
    /// It returned although nobody asked it to.
    Ended,
    Panic(&'a (dyn Any + Send)),
}

/// One task's line on the board.
#[derive(Clone)]
pub(super) struct Health {
    board: Board,
    task: &'static str,
}

impl Health {
    /// A round went well, or a follower does its work.
    pub(super) fn works(&self) {
        let (task, now) = (self.task, self.board.clock.now());
        metrics::counter!("inventiv_background_runs_total", "task" => task).increment(1);
        metrics::gauge!("inventiv_background_last_success_timestamp_seconds", "task" => task)
            .set(now.timestamp_millis() as f64 / 1000.0);
        let line = Line {
            last_success: now,
            streak: None,
        };
        let before = self.board.tasks().insert(task, line).and_then(|line| line.streak);
        if let Some(Streak { since, failures }) = before {
            metrics::gauge!("inventiv_background_up", "task" => task).set(1.0);
            let down: TimeDelta = now - since;
            tracing::info!(
                task,
                failures,
                down_seconds = down.num_seconds(),
                "background work goes on"
            );
        }
    }

    /// Answers how many failures there were in a row, this one included.
    pub(super) fn fails(&self, failure: Failure<'_>) -> u32 {
        let (task, now) = (self.task, self.board.clock.now());
        let failures = {
            let mut tasks = self.board.tasks();
            let line = tasks.entry(task).or_insert(Line {
                last_success: now,
                streak: None,
            });
            let streak = line.streak.get_or_insert(Streak {
                since: now,
                failures: 0,
            });
            streak.failures = streak.failures.saturating_add(1);
            streak.failures
        };
        metrics::counter!("inventiv_background_failures_total", "task" => task).increment(1);
        metrics::gauge!("inventiv_background_up", "task" => task).set(0.0);
        match failure {
            Failure::Panic(panic) => {
                metrics::counter!("inventiv_background_panics_total", "task" => task).increment(1);
                tracing::error!(task, failures, panic = words(panic), "background work panicked");
            }
            Failure::Ended => tracing::error!(task, failures, "background work ended before the program"),
            Failure::Error(error) if failures == 1 => tracing::error!(task, %error, "background work failed"),
            // An alarm needs the first failure only; the others say that it lasts.
            Failure::Error(error) => tracing::warn!(task, failures, %error, "background work still fails"),
        }
        failures
    }

    pub(super) fn starts_again(&self) {
        metrics::counter!("inventiv_background_restarts_total", "task" => self.task).increment(1);
    }
}

/// What a panic says of itself.
pub(super) fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of unknown kind")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_down_from_its_first_failure_to_its_next_success() {
        let clock = Clock::default();
        let board = Board::new(clock.clone());
        let (mails, usage) = (board.watch("mails"), board.watch("usage"));
        usage.works();
        assert_eq!(board.report(), "ok");

        let began = board.last_success("mails");
        mails.fails(Failure::Ended);
        clock.advance(TimeDelta::seconds(42));
        assert_eq!(board.last_success("mails"), began);
        assert_eq!(mails.fails(Failure::Error(&Error::unavailable("secret detail"))), 2);
        assert_eq!(board.report(), "ok\nmails is down for 42 s");

        let before = clock.now();
        mails.works();
        assert_eq!(board.report(), "ok");
        assert!(board.last_success("mails") >= Some(before));
        assert_eq!(board.last_success("elsewhere"), None);
        assert_eq!(mails.fails(Failure::Panic(&"oh")), 1);
        assert_eq!(board.down().len(), 1);
        assert_eq!(board.names(), ["mails", "usage"]);
    }

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        assert_eq!(words(&"static"), "static");
        assert_eq!(words(&"made".to_owned()), "made");
        assert_eq!(words(&7), "of unknown kind");
    }
}
