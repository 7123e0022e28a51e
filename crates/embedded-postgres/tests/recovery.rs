//! What remains after the owner or the server was killed, with a real PostgreSQL.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use embedded_postgres::{Cluster, Error};
use support::{Owner, durable, installation, is_running, own_until_killed, place, quick, server_pid, sql, wait_until};

#[test]
#[ignore = "the other process of the tests below"]
fn durable_owner() {
    own_until_killed(|data_dir| Cluster::start(durable(data_dir)).unwrap());
}

#[test]
#[ignore = "the other process of a test below"]
fn disposable_owner() {
    own_until_killed(|_| Cluster::disposable().unwrap());
}

#[test]
fn after_the_owner_was_killed_the_next_one_finds_all_that_was_committed() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut owner = Owner::spawn("durable_owner", &data_dir);
    owner.wait_until_ready();
    let url = url_of(&data_dir);
    sql(&url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number");
    let orphan = server_pid(&data_dir);
    owner.kill();

    let cluster = Cluster::start(durable(&data_dir)).unwrap();
    assert!(!is_running(orphan));
    assert_eq!(sql(&cluster.url("postgres"), "SELECT sum(number) FROM kept"), "500500");
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_ends_by_itself_when_its_owner_was_killed() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut owner = Owner::spawn("durable_owner", &data_dir);
    owner.wait_until_ready();
    let orphan = server_pid(&data_dir);
    assert!(is_running(orphan));
    owner.kill();
    wait_until("the server ended", || !is_running(orphan));
}

#[test]
fn killing_the_owner_while_the_cluster_is_being_made_leaves_no_half_cluster() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut owner = Owner::spawn("durable_owner", &data_dir);
    let begun = data_dir.join(format!("postgres.new-{}", owner.pid()));
    wait_until("initdb has begun", || begun.join("base").exists());
    owner.kill();

    let cluster = Cluster::start(durable(&data_dir)).unwrap();
    assert_eq!(sql(&cluster.url("postgres"), "SELECT 1"), "1");
}

#[test]
fn half_made_clusters_are_thrown_away_and_one_is_made_again() {
    let place = place();
    // One of an earlier process with the same number, as is usual in containers, and one of another.
    let half_made = [std::process::id(), 1].map(|pid| place.path().join(format!("postgres.new-{pid}")));
    for dir in &half_made {
        fs::create_dir_all(dir.join("base")).unwrap();
        fs::write(dir.join("PG_VERSION"), "15\n").unwrap();
    }
    let cluster = Cluster::start(quick(place.path())).unwrap();
    assert_eq!(sql(&cluster.url("postgres"), "SELECT 1"), "1");
    assert!(half_made.iter().all(|dir| !dir.exists()));
}

#[test]
fn a_second_owner_is_told_of_the_first() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut owner = Owner::spawn("durable_owner", &data_dir);
    owner.wait_until_ready();
    let error = Cluster::start(durable(&data_dir)).unwrap_err();
    assert!(
        matches!(&error, Error::InUse { pid, .. } if *pid == Some(owner.pid())),
        "{error}"
    );
    assert!(error.to_string().starts_with("another Inventiv (process "), "{error}");
    // The refusal did no harm.
    assert_eq!(sql(&url_of(&data_dir), "SELECT 1"), "1");
}

#[test]
fn a_server_that_outlived_its_owner_is_stopped_by_the_next() {
    let place = place();
    let data_dir = place.path().join("data");
    Cluster::start(quick(&data_dir)).unwrap().stop().unwrap();
    let mut orphan = server_without_death_signal(&data_dir);
    wait_until("the orphan is ready", || sql_works(&data_dir));

    let cluster = Cluster::start(quick(&data_dir)).unwrap();
    assert!(!is_running(orphan.id()));
    assert!(orphan.wait().unwrap().success(), "the orphan was not stopped politely");
    assert_ne!(server_pid(&data_dir), orphan.id());
    assert_eq!(sql(&cluster.url("postgres"), "SELECT 1"), "1");
}

#[test]
fn a_stale_pid_file_that_names_a_living_stranger_harms_neither() {
    let place = place();
    let data_dir = place.path().join("data");
    Cluster::start(quick(&data_dir)).unwrap().stop().unwrap();
    // Of the server's account, because PostgreSQL itself only minds such processes.
    let mut stranger = as_owner_of(&data_dir.join("postgres"), Path::new("sleep"))
        .arg("600")
        .spawn()
        .unwrap();
    let pid_file = data_dir.join("postgres/postmaster.pid");
    let text = format!(
        "{}\n{}\n1795000000\n5432\n\n\n  1 1\nready\n",
        stranger.id(),
        data_dir.display()
    );
    fs::write(&pid_file, text).unwrap();

    let outcome = Cluster::start(quick(&data_dir));
    let untouched = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(untouched, "the stranger was ended");
    assert_eq!(sql(&outcome.unwrap().url("postgres"), "SELECT 1"), "1");
}

#[test]
fn a_killed_server_is_noticed_and_can_be_started_again() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut cluster = Cluster::start(durable(&data_dir)).unwrap();
    sql(&cluster.url("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer");
    kill(server_pid(&data_dir));
    wait_until("the end is noticed", || cluster.exited().is_some());
    drop(cluster);

    let cluster = Cluster::start(durable(&data_dir)).unwrap();
    assert_eq!(sql(&cluster.url("postgres"), "SELECT answer FROM kept"), "42");
}

#[test]
fn a_killed_server_is_started_again_by_its_owner_under_the_same_url() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut cluster = Cluster::start(durable(&data_dir)).unwrap();
    let url = cluster.url("postgres");
    sql(&url, "CREATE TABLE kept AS SELECT 42 AS answer");
    let first = server_pid(&data_dir);
    cluster.restart().unwrap();
    assert_eq!(server_pid(&data_dir), first, "a running server is left alone");
    kill(first);
    wait_until("the end is noticed", || cluster.exited().is_some());

    cluster.restart().unwrap();
    assert_eq!(sql(&url, "SELECT answer FROM kept"), "42");
    let second = server_pid(&data_dir);
    cluster.stop().unwrap();
    assert!(!is_running(second));
}

#[test]
fn the_short_socket_directory_of_a_killed_owner_is_removed_by_the_next() {
    let place = place();
    let above = place.path().join("l".repeat(120));
    fs::create_dir(&above).unwrap();
    fs::set_permissions(&above, fs::Permissions::from_mode(0o711)).unwrap();
    let data_dir = above.join("data");
    let mut owner = Owner::spawn("durable_owner", &data_dir);
    owner.wait_until_ready();
    let left = fs::read_to_string(data_dir.join("socket-dir")).unwrap();
    owner.kill();
    assert!(Path::new(&left).is_dir());

    let cluster = Cluster::start(durable(&data_dir)).unwrap();
    assert!(!Path::new(&left).exists());
    assert_ne!(cluster.socket_dir(), Path::new(&left));
}

#[test]
fn the_directory_of_a_killed_disposable_cluster_is_removed_by_the_next() {
    let mut owner = Owner::spawn("disposable_owner", Path::new("unused"));
    let left = owner.wait_until_ready();
    let orphan = server_pid(Path::new(&left));
    owner.kill();
    // Another test program may be removing it at this moment, so only that it goes is certain.
    let _cluster = Cluster::disposable().unwrap();
    wait_until("the abandoned directory is gone", || !Path::new(&left).exists());
    assert!(!is_running(orphan));
}

fn kill(pid: u32) {
    let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
}

/// The URL of a cluster that another process owns.
fn url_of(data_dir: &Path) -> String {
    format!(
        "postgres://postgres@localhost/postgres?host={}",
        data_dir.join("socket").display()
    )
}

fn sql_works(data_dir: &Path) -> bool {
    let psql = installation().bin_dir().join("psql");
    let tried = Command::new(psql)
        .args(["-XAtq", "-d", &url_of(data_dir), "-c", "SELECT 1"])
        .output();
    tried.unwrap().status.success()
}

/// What an owner on a system without death signals leaves when it is killed.
fn server_without_death_signal(data_dir: &Path) -> Child {
    let cluster = data_dir.join("postgres");
    let socket_dir = data_dir.join("socket");
    fs::create_dir(&socket_dir).unwrap();
    let owner = cluster.metadata().unwrap();
    std::os::unix::fs::chown(&socket_dir, Some(owner.uid()), Some(owner.gid())).unwrap();
    as_owner_of(&cluster, &installation().bin_dir().join("postgres"))
        .arg("-D")
        .arg(&cluster)
        .args(["-c", "listen_addresses=", "-k"])
        .arg(&socket_dir)
        .spawn()
        .unwrap()
}

fn as_owner_of(path: &Path, program: &Path) -> Command {
    let owner = path.metadata().unwrap();
    let mut command = Command::new(program);
    command.uid(owner.uid()).gid(owner.gid()).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
