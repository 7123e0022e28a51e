//! The queue of jobs: at least once, once in effect, never for nothing, and never for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use inventiv_server::error::{Error, Result};
use inventiv_server::plumbing::background::{Backoff, Task};
use inventiv_server::plumbing::config::ServerRole;
use inventiv_server::plumbing::db::{SystemReason, SystemTx};
use inventiv_server::plumbing::jobs::{self, Job};
use sqlx::Row as _;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::harness::eventually;
use crate::harness::replica::{Installation, Replica};

/// Notes its payload in a table, and then does as it is told.
#[derive(Clone, Default)]
struct Noting {
    runs: Arc<AtomicUsize>,
    /// What each run does after it wrote, by its number; the last one goes on for ever.
    then: Arc<Vec<Then>>,
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[derive(Clone, Copy)]
enum Then {
    Succeed,
    Fail,
    Panic,
    /// Says that it is here and waits to be told.
    Wait,
}

impl Noting {
    fn that(then: &[Then]) -> Self {
        Self {
            then: Arc::new(then.to_vec()),
            ..Self::default()
        }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

impl Job for Noting {
    const KIND: &'static str = "noting";
    const REASON: SystemReason = SystemReason::Jobs;
    const MOST_ATTEMPTS: i32 = 3;
    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(1),
    };
    type Payload = String;

    async fn run(&self, tx: &mut SystemTx, payload: String) -> Result<()> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        sqlx::query("INSERT INTO notes (text) VALUES ($1)")
            .bind(payload)
            .execute(tx.conn())
            .await?;
        match self.then[run.min(self.then.len() - 1)] {
            Then::Succeed => Ok(()),
            Then::Fail => Err(Error::unavailable("made to fail")),
            Then::Panic => panic!("made to panic"),
            Then::Wait => {
                self.reached.notify_one();
                self.go_on.notified().await;
                Ok(())
            }
        }
    }
}

async fn installation() -> Installation {
    let installation = Installation::fresh().await;
    let make = "CREATE TABLE notes (text text NOT NULL); GRANT SELECT, INSERT ON notes TO inventiv_system;";
    sqlx::raw_sql(make).execute(&installation.owner).await.unwrap();
    installation
}

fn task(replica: &Replica, job: &Noting) -> Task {
    jobs::task(&replica.db, &replica.clock, &[ServerRole::Orchestrator], job.clone())
}

async fn enqueue(replica: &Replica, payload: &str, key: Option<&str>) {
    let mut tx = replica.db.system(SystemReason::Jobs).await.unwrap();
    jobs::enqueue::<Noting>(tx.conn(), &payload.to_owned(), key, replica.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn notes(installation: &Installation) -> Vec<String> {
    sqlx::query_scalar("SELECT text FROM notes ORDER BY text")
        .fetch_all(&installation.owner)
        .await
        .unwrap()
}

/// A job's `(attempts, last_error, forgotten)`, once it has come to this state.
async fn until(installation: &Installation, state: &str) -> (i32, Option<String>, bool) {
    eventually(&format!("a job is {state}"), async || {
        let row = sqlx::query("SELECT attempts, last_error, payload IS NULL AND unique_key IS NULL AS forgotten FROM jobs WHERE state = $1")
            .bind(state)
            .fetch_optional(&installation.owner)
            .await
            .unwrap()?;
        Some((row.get(0), row.get(1), row.get(2)))
    })
    .await
}

#[tokio::test]
async fn a_job_is_done_once_its_transaction_committed_and_never_without_it() {
    let installation = installation().await;
    let mut replica = installation.replica().await;
    let job = Noting::that(&[Then::Succeed]);
    replica.start(vec![task(&replica, &job)]);
    let mut tx = replica.db.system(SystemReason::Jobs).await.unwrap();
    let payload = "rolled back".to_owned();
    jobs::enqueue::<Noting>(tx.conn(), &payload, None, replica.clock.now())
        .await
        .unwrap();
    drop(tx);
    enqueue(&replica, "kept", Some("ann@example.test")).await;
    assert_eq!(until(&installation, "done").await, (1, None, true));
    replica.stop().await;
    assert_eq!(notes(&installation).await, ["kept"]);
}

#[tokio::test]
async fn a_job_whose_process_dies_before_the_commit_runs_again_and_counts_once() {
    let installation = installation().await;
    let (mut first, mut second) = (installation.replica().await, installation.replica().await);
    let job = Noting::that(&[Then::Wait, Then::Succeed]);
    first.start(vec![task(&first, &job)]);
    enqueue(&first, "once", None).await;
    job.reached.notified().await;
    first.crash().await;

    second.start(vec![task(&second, &job)]);
    enqueue(&second, "meanwhile", None).await;
    until(&installation, "done").await;
    assert_eq!(
        notes(&installation).await,
        ["meanwhile"],
        "the lease of the dead still holds"
    );
    second.clock.advance(TimeDelta::minutes(2));
    eventually("the job is done", async || {
        (notes(&installation).await == ["meanwhile", "once"]).then_some(())
    })
    .await;
    assert_eq!(job.runs(), 3);
    second.stop().await;
    assert_eq!(notes(&installation).await.len(), 2);
}

#[tokio::test]
async fn a_job_that_goes_on_failing_is_given_up_and_can_be_retried() {
    for (then, category) in [(Then::Fail, "unavailable"), (Then::Panic, "panicked")] {
        let installation = installation().await;
        let mut replica = installation.replica().await;
        let job = Noting::that(&[then, then, then, Then::Succeed]);
        replica.start(vec![task(&replica, &job)]);
        enqueue(&replica, "late", Some("key")).await;
        assert_eq!(
            until(&installation, "dead").await,
            (3, Some(category.to_owned()), false)
        );
        assert!(notes(&installation).await.is_empty(), "what a failed run wrote is gone");
        assert!(replica.board.down().is_empty(), "a job's trouble is not its task's");

        assert!(retry(&replica, &installation).await.unwrap());
        assert_eq!(until(&installation, "done").await, (1, None, true));
        assert_eq!(notes(&installation).await, ["late"]);
        assert!(
            !retry(&replica, &installation).await.unwrap(),
            "only what is dead is retried"
        );
        replica.stop().await;
    }
}

async fn retry(replica: &Replica, installation: &Installation) -> Result<bool> {
    let id: Uuid = sqlx::query_scalar("SELECT id FROM jobs ORDER BY created_at LIMIT 1")
        .fetch_one(&installation.owner)
        .await
        .unwrap();
    let mut tx = replica.db.system(SystemReason::Jobs).await?;
    let retried = jobs::retry(&mut tx, id, replica.clock.now()).await?;
    jobs::announce(tx.conn(), id).await?;
    tx.commit().await?;
    Ok(retried)
}

#[tokio::test]
async fn a_dead_job_is_not_retried_beside_another_one_of_its_key() {
    let installation = installation().await;
    let mut replica = installation.replica().await;
    replica.start(vec![task(
        &replica,
        &Noting::that(&[Then::Fail, Then::Fail, Then::Fail, Then::Wait]),
    )]);
    enqueue(&replica, "old", Some("key")).await;
    until(&installation, "dead").await;
    enqueue(&replica, "new", Some("key")).await;
    assert_eq!(
        retry(&replica, &installation).await.unwrap_err().code.as_str(),
        "already_queued"
    );
    replica.crash().await;
}

#[tokio::test]
async fn a_second_job_of_a_key_takes_the_place_of_the_first_even_while_that_runs() {
    let installation = installation().await;
    let mut replica = installation.replica().await;
    let job = Noting::that(&[Then::Wait, Then::Succeed]);
    enqueue(&replica, "first", Some("key")).await;
    enqueue(&replica, "second", Some("key")).await;
    replica.start(vec![task(&replica, &job)]);
    job.reached.notified().await;
    enqueue(&replica, "third", Some("key")).await;
    job.go_on.notify_one();
    assert_eq!(until(&installation, "done").await, (2, None, true));
    assert_eq!(
        notes(&installation).await,
        ["third"],
        "the run with the second was rolled back"
    );
    assert_eq!(job.runs(), 2);
    replica.stop().await;
}

#[tokio::test]
async fn a_job_that_ends_its_process_every_time_is_given_up() {
    let installation = installation().await;
    let mut replica = installation.replica().await;
    let job = Noting::that(&[Then::Succeed]);
    enqueue(&replica, "deadly", None).await;
    sqlx::query("UPDATE jobs SET attempts = 3")
        .execute(&installation.owner)
        .await
        .unwrap();
    replica.start(vec![task(&replica, &job)]);
    let (_, error, _) = until(&installation, "dead").await;
    assert_eq!(error.as_deref(), Some("every process that tried ended"));
    assert_eq!(job.runs(), 0);
    replica.stop().await;
}

#[tokio::test]
async fn a_payload_nobody_can_read_is_given_up_at_once() {
    let installation = installation().await;
    let mut replica = installation.replica().await;
    enqueue(&replica, "text", None).await;
    sqlx::query("UPDATE jobs SET payload = '{}'")
        .execute(&installation.owner)
        .await
        .unwrap();
    replica.start(vec![task(&replica, &Noting::that(&[Then::Succeed]))]);
    assert_eq!(
        until(&installation, "dead").await,
        (1, Some("unreadable payload".to_owned()), false)
    );
    replica.stop().await;
}

#[tokio::test]
async fn requests_cannot_read_the_queue() {
    let replica = installation().await.replica().await;
    let mut auth = replica.db.auth().await.unwrap();
    let refused = sqlx::query("SELECT * FROM jobs").fetch_optional(auth.conn()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")));
}

#[tokio::test]
async fn what_is_finished_is_forgotten_in_time_and_what_waits_stays() {
    let installation = installation().await;
    let mut replica = installation.replica().await;
    replica.start(vec![task(&replica, &Noting::that(&[Then::Succeed, Then::Wait]))]);
    enqueue(&replica, "done", None).await;
    until(&installation, "done").await;
    enqueue(&replica, "waiting", None).await;
    let mut tx = replica.db.system(SystemReason::Housekeeping).await.unwrap();
    let now = replica.clock.now();
    assert_eq!(
        jobs::remove_finished(&mut tx, now - TimeDelta::days(1), 10)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        jobs::remove_finished(&mut tx, now + TimeDelta::days(1), 10)
            .await
            .unwrap(),
        1
    );
    tx.commit().await.unwrap();
    until(&installation, "waiting").await;
    replica.crash().await;
}
