//! The driver of background work: what happens to a task is its own affair, and one replica is one.

#![expect(clippy::disallowed_methods, reason = "a replica stops while another one looks")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use inventiv_server::error::Error;
use inventiv_server::ids::PLATFORM;
use inventiv_server::plumbing::background::{LEASE, Rhythm, Round, Run, Task};
use inventiv_server::plumbing::config::ServerRole;
use inventiv_server::plumbing::db::{Db, SystemReason};
use inventiv_server::plumbing::events::{self, Topic};
use tokio::sync::{Notify, watch};

use crate::harness::eventually;
use crate::harness::replica::{Installation, Replica};

const ROLES: &[ServerRole] = &[ServerRole::Orchestrator];
const SOON: Duration = Duration::from_millis(20);
const NEVER: Duration = Duration::from_secs(3600);

#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn up(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    async fn reaches(&self, least: usize) {
        eventually(&format!("{least} are counted"), async || {
            (self.get() >= least).then_some(())
        })
        .await;
    }
}

fn counting(name: &'static str, rhythm: Rhythm, counter: &Counter) -> Task {
    let counter = counter.clone();
    Task::rounds(name, ROLES, rhythm, move |_| {
        counter.up();
        async { Ok(Round::Idle) }
    })
}

/// Waits until the board says exactly this of what is down.
async fn until_down(replica: &Replica, tasks: &[&str]) {
    eventually(&format!("{tasks:?} are down"), async || {
        let down: Vec<_> = replica.board.down().iter().map(|down| down.task).collect();
        (down == tasks).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_task_that_panics_comes_back_and_the_others_go_on() {
    let mut replica = Installation::fresh().await.replica().await;
    let (panics, steady) = (Counter::default(), Counter::default());
    let heal = Arc::new(AtomicBool::new(false));
    let fragile = {
        let (panics, heal) = (panics.clone(), Arc::clone(&heal));
        Task::rounds("fragile", ROLES, Rhythm::every(SOON), move |_| {
            let (panics, heal) = (panics.clone(), Arc::clone(&heal));
            async move {
                if !heal.load(Ordering::SeqCst) {
                    panics.up();
                    panic!("made to panic");
                }
                Ok(Round::Idle)
            }
        })
    };
    replica.start(vec![
        fragile.back_within(SOON),
        counting("steady", Rhythm::every(SOON), &steady),
    ]);
    panics.reaches(2).await;
    until_down(&replica, &["fragile"]).await;
    steady.reaches(steady.get() + 3).await;
    panics.reaches(panics.get() + 2).await;
    assert!(
        replica.board.report().contains("fragile is down for 0 s"),
        "{}",
        replica.board.report()
    );

    heal.store(true, Ordering::SeqCst);
    until_down(&replica, &[]).await;
    assert_eq!(replica.board.report(), "ok");
    replica.stop().await;
}

#[tokio::test]
async fn a_follower_that_ends_or_fails_is_called_again() {
    let mut replica = Installation::fresh().await.replica().await;
    let calls = Counter::default();
    let follower = {
        let calls = calls.clone();
        Task::follower("follower", ROLES, move |run: Run| {
            let call = calls.up();
            async move {
                match call {
                    1 => Ok(()),
                    2 => Err(Error::unavailable("not yet")),
                    3 => panic!("made to panic"),
                    _ => {
                        run.works();
                        run.ending().await;
                        Ok(())
                    }
                }
            }
        })
    };
    replica.start(vec![follower.back_within(SOON)]);
    calls.reaches(4).await;
    until_down(&replica, &[]).await;
    replica.stop().await;
    assert_eq!(calls.get(), 4);
}

#[tokio::test]
async fn a_task_runs_only_where_its_roles_are() {
    let mut replica = Installation::fresh().await.replica().await;
    let (here, elsewhere) = (Counter::default(), Counter::default());
    let foreign = {
        let elsewhere = elsewhere.clone();
        Task::rounds("foreign", &[ServerRole::Gateway], Rhythm::every(SOON), move |_| {
            elsewhere.up();
            async { Ok(Round::Idle) }
        })
    };
    replica.start(vec![foreign, counting("own", Rhythm::every(SOON), &here)]);
    here.reaches(3).await;
    assert_eq!(elsewhere.get(), 0);
    assert_eq!(replica.board.names(), ["events", "own"]);
    replica.stop().await;
}

#[tokio::test]
async fn changes_and_wakes_bring_the_next_round() {
    let mut replica = Installation::fresh().await.replica().await;
    let (told, woken, deaf) = (Counter::default(), Counter::default(), Counter::default());
    let wake = watch::Sender::new(());
    replica.start(vec![
        counting("told", Rhythm::every(NEVER).nudged_by(&[Topic::Jobs]), &told),
        counting("woken", Rhythm::every(NEVER).woken_by(wake.subscribe()), &woken),
        counting("deaf", Rhythm::every(NEVER).nudged_by(&[Topic::Models]), &deaf),
    ]);
    // That listening began is news, too.
    told.reaches(1).await;
    woken.reaches(1).await;
    wake.send_replace(());
    woken.reaches(2).await;
    eventually("a change nudges", async || {
        let before = told.get();
        announce(&replica.db).await;
        tokio::time::timeout(Duration::from_millis(200), told.reaches(before + 1))
            .await
            .ok()
    })
    .await;
    assert!(deaf.get() <= 2, "one round at the start, one when listening began");
    replica.stop().await;
}

async fn announce(db: &Db) {
    let mut tx = db.system(SystemReason::Jobs).await.unwrap();
    events::notify(tx.conn(), Topic::Jobs, PLATFORM, PLATFORM)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_round_that_found_more_is_followed_at_once_and_the_end_waits_for_the_round() {
    let mut replica = Installation::fresh().await.replica().await;
    let (rounds, last) = (Counter::default(), Counter::default());
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let busy = {
        let (rounds, begun, go_on) = (rounds.clone(), Arc::clone(&begun), Arc::clone(&go_on));
        Task::rounds("busy", ROLES, Rhythm::every(NEVER), move |_| {
            let (rounds, begun, go_on) = (rounds.clone(), Arc::clone(&begun), Arc::clone(&go_on));
            async move {
                if rounds.get() < 2 {
                    rounds.up();
                    return Ok(Round::More);
                }
                begun.notify_one();
                go_on.notified().await;
                rounds.up();
                Ok(Round::More)
            }
        })
    };
    replica.start(vec![
        busy,
        counting("last", Rhythm::every(NEVER).once_more_at_the_end(), &last),
    ]);
    begun.notified().await;
    last.reaches(1).await;
    let stopping = tokio::spawn(replica.stop());
    last.reaches(2).await;
    assert!(!stopping.is_finished(), "the round still runs");
    go_on.notify_one();
    stopping.await.unwrap();
    assert_eq!((rounds.get(), last.get()), (3, 2));
}

/// A task that notes, under its lease, which replica did a round.
fn single(replica: &Replica, number: i32) -> Task {
    let db = replica.db.clone();
    let rhythm = Rhythm::every(SOON).on_one_replica();
    Task::rounds("single", ROLES, rhythm, move |run| note(db.clone(), run, number))
}

async fn note(db: Db, run: Run, number: i32) -> Result<Round, Error> {
    let mut tx = db.system(SystemReason::BackgroundLease).await?;
    run.hold(&mut tx).await?;
    sqlx::query("INSERT INTO rounds_done (replica) VALUES ($1)")
        .bind(number)
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(Round::Idle)
}

async fn with_log() -> Installation {
    let installation = Installation::fresh().await;
    let make = "CREATE TABLE rounds_done (at bigint GENERATED ALWAYS AS IDENTITY, replica integer NOT NULL);
        GRANT SELECT, INSERT ON rounds_done TO inventiv_system;";
    sqlx::raw_sql(make).execute(&installation.owner).await.unwrap();
    installation
}

/// Who did rounds, in their order, without repetitions.
async fn turns(installation: &Installation) -> Vec<i32> {
    let mut rounds: Vec<i32> = sqlx::query_scalar("SELECT replica FROM rounds_done ORDER BY at")
        .fetch_all(&installation.owner)
        .await
        .unwrap();
    rounds.dedup();
    rounds
}

async fn rounds_of(installation: &Installation, number: i32) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM rounds_done WHERE replica = $1")
        .bind(number)
        .fetch_one(&installation.owner)
        .await
        .unwrap()
}

async fn until_rounds(installation: &Installation, number: i32) {
    eventually(&format!("replica {number} does rounds"), async || {
        (rounds_of(installation, number).await >= 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_replica_does_the_rounds_and_another_one_when_it_stops() {
    let installation = with_log().await;
    let (mut first, mut second) = (installation.replica().await, installation.replica().await);
    first.start(vec![single(&first, 1)]);
    until_rounds(&installation, 1).await;
    second.start(vec![single(&second, 2)]);
    let before = rounds_of(&installation, 1).await;
    eventually("the first goes on", async || {
        (rounds_of(&installation, 1).await >= before + 10).then_some(())
    })
    .await;
    assert_eq!(turns(&installation).await, [1]);
    until_down(&second, &[]).await;

    first.stop().await;
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM background_leases")
        .fetch_one(&installation.owner)
        .await
        .unwrap();
    assert_eq!(held, 0, "given back at the end");
    until_rounds(&installation, 2).await;
    assert_eq!(turns(&installation).await, [1, 2]);
    second.stop().await;
}

#[tokio::test]
async fn what_a_dead_replica_held_is_taken_over_when_its_lease_runs_out() {
    let installation = with_log().await;
    let (mut first, mut second) = (installation.replica().await, installation.replica().await);
    first.start(vec![single(&first, 1)]);
    until_rounds(&installation, 1).await;
    first.crash().await;
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM background_leases")
        .fetch_one(&installation.owner)
        .await
        .unwrap();
    assert_eq!(held, 1, "nobody gave it back");
    second.clock.advance(LEASE + TimeDelta::seconds(1));
    second.start(vec![single(&second, 2)]);
    until_rounds(&installation, 2).await;
    assert_eq!(turns(&installation).await, [1, 2]);
    second.stop().await;
}

#[tokio::test]
async fn a_lease_is_renewed_while_a_round_holds_its_transaction() {
    let installation = with_log().await;
    let mut replica = installation.replica().await;
    let (begun, go_on, rounds) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Counter::default());
    let task = {
        let (db, begun, go_on, rounds) = (
            replica.db.clone(),
            Arc::clone(&begun),
            Arc::clone(&go_on),
            rounds.clone(),
        );
        Task::rounds("single", ROLES, Rhythm::every(NEVER).on_one_replica(), move |_| {
            let (db, begun, go_on) = (db.clone(), Arc::clone(&begun), Arc::clone(&go_on));
            rounds.up();
            async move {
                let tx = db.system(SystemReason::BackgroundLease).await?;
                begun.notify_one();
                go_on.notified().await;
                tx.commit().await?;
                Ok(Round::Idle)
            }
        })
    };
    replica.start(vec![task]);
    begun.notified().await;
    let until = async || -> chrono::DateTime<chrono::Utc> {
        sqlx::query_scalar("SELECT until FROM background_leases")
            .fetch_one(&installation.owner)
            .await
            .unwrap()
    };
    let taken = until().await;
    eventually("the lease is renewed", async || (until().await > taken).then_some(())).await;
    go_on.notify_one();
    until_down(&replica, &[]).await;
    assert_eq!(rounds.get(), 1, "nothing cut the round");
    replica.stop().await;
}

#[tokio::test]
async fn a_replica_that_lost_its_lease_writes_nothing_more() {
    let installation = with_log().await;
    let (mut slow, mut quick) = (installation.replica().await, installation.replica().await);
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let refused = Arc::new(Notify::new());
    let task = {
        let db = slow.db.clone();
        let (begun, go_on, refused) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&refused));
        Task::rounds("single", ROLES, Rhythm::every(NEVER).on_one_replica(), move |run| {
            let (db, begun, go_on) = (db.clone(), Arc::clone(&begun), Arc::clone(&go_on));
            let refused = Arc::clone(&refused);
            async move {
                begun.notify_one();
                go_on.notified().await;
                let outcome = note(db, run, 1).await;
                assert_eq!(outcome.as_ref().unwrap_err().code.as_str(), "lease_lost");
                refused.notify_one();
                outcome
            }
        })
    };
    slow.start(vec![task]);
    begun.notified().await;
    // Its clock is ahead: to it the lease of the other one has run out, whose round goes on all the same.
    quick.clock.advance(LEASE + TimeDelta::seconds(1));
    quick.start(vec![single(&quick, 2)]);
    until_rounds(&installation, 2).await;
    go_on.notify_one();
    refused.notified().await;
    assert_eq!(turns(&installation).await, [2]);
    quick.stop().await;
    slow.crash().await;
}
