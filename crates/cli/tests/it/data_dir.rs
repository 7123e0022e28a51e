//! One program per data directory, and one database in it that lives as long as the program.

use std::process::{Child, Command, Output, Stdio};

use reqwest::Method;

use crate::program::{Installation, eventually};

fn spawn(installation: &Installation, port: u16) -> Child {
    let mut command = installation.command(port);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn outcome(child: Child) -> Output {
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap()
}

fn assert_says_in_use(output: &Output) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(words.contains("already uses the data directory"), "{words}");
}

#[tokio::test]
async fn a_second_start_on_a_data_directory_says_so_and_disturbs_nothing() {
    let mut installation = Installation::new();
    installation.start(None).await;
    assert_says_in_use(&outcome(spawn(&installation, 0)).await);
    assert!(installation.try_send(Method::GET, "/auth/me", None).await.is_some());
    assert!(installation.stop().await.success());
}

#[tokio::test]
async fn of_two_starts_at_the_same_time_one_serves_and_the_other_says_so() {
    let mut installation = Installation::new();
    // Both make the cluster for the first time, which is when most could go wrong.
    let mut starts = [spawn(&installation, 0), spawn(&installation, 0)];
    let loser = eventually("one of the two gives up", &installation, async |_| {
        starts.iter_mut().position(|child| child.try_wait().unwrap().is_some())
    })
    .await;
    let [first, second] = starts;
    let (lost, mut won) = if loser == 0 { (first, second) } else { (second, first) };
    assert_says_in_use(&outcome(lost).await);
    assert!(won.try_wait().unwrap().is_none(), "the other one lives");
    let pid = won.id().to_string();
    // It may be busy making the cluster: told to stop, it stops, and what it made is whole.
    Command::new("kill").args(["-KILL", &pid]).status().unwrap();
    outcome(won).await;
    installation.start(None).await;
    assert!(installation.stop().await.success());
}

#[tokio::test]
async fn a_database_that_was_killed_is_started_again_and_answers() {
    let mut installation = Installation::new();
    installation.start(None).await;
    let pid_file = installation.data_dir.path().join("postgres/postmaster.pid");
    let database = || {
        std::fs::read_to_string(&pid_file)
            .ok()?
            .lines()
            .next()
            .map(str::to_owned)
    };
    let killed = database().unwrap();
    assert!(
        Command::new("kill")
            .args(["-KILL", &killed])
            .status()
            .unwrap()
            .success()
    );

    let me = eventually("somebody is answered again", &installation, async |installation| {
        database().filter(|pid| *pid != killed)?;
        installation.try_send(Method::GET, "/auth/me", None).await
    })
    .await;
    assert_eq!(me["username"], "admin");
    assert!(installation.stop().await.success());
    assert_eq!(database(), None, "the second one was stopped, too");
}
