//! Starting, stopping and refusing to start, with a real PostgreSQL.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use embedded_postgres::{Cluster, Error};
use support::{durable, place, quick, server_pid, sql};

fn is_root() -> bool {
    place().path().metadata().unwrap().uid() == 0
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn data_survives_a_stop_and_a_start() {
    let place = place();
    let data_dir = place.path().join("data");
    let cluster = Cluster::start(durable(&data_dir)).unwrap();
    sql(&cluster.url("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer");
    let pid = server_pid(&data_dir);
    cluster.stop().unwrap();
    assert!(!support::is_running(pid));
    assert!(!data_dir.join("postgres/postmaster.pid").exists());
    assert!(!data_dir.join("socket").exists());

    let cluster = Cluster::start(durable(&data_dir)).unwrap();
    assert_eq!(sql(&cluster.url("postgres"), "SELECT answer FROM kept"), "42");
}

#[test]
fn a_durable_server_is_private_unprivileged_and_synchronises() {
    let place = place();
    let data_dir = place.path().join("data");
    let mut cluster = Cluster::start(durable(&data_dir)).unwrap();
    let url = cluster.url("postgres");
    for (setting, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("max_connections", "100"),
    ] {
        assert_eq!(sql(&url, &format!("SHOW {setting}")), value, "{setting}");
    }
    assert_eq!(mode(cluster.socket_dir()), 0o700);
    assert_eq!(mode(&data_dir.join("postgres")), 0o700);
    assert_eq!(mode(&data_dir.join("postgres.log")), 0o600);
    assert_eq!(mode(&data_dir.join("owner.lock")), 0o600);
    assert_eq!(mode(&data_dir), if is_root() { 0o711 } else { 0o700 });
    assert_eq!(
        is_root(),
        data_dir.join("postgres").metadata().unwrap().uid() != data_dir.metadata().unwrap().uid()
    );
    assert_eq!(cluster.exited(), None);
}

#[test]
fn other_files_in_the_data_directory_are_left_alone() {
    let place = place();
    fs::write(place.path().join("secret"), "of the application").unwrap();
    let cluster = Cluster::start(quick(place.path())).unwrap();
    assert_eq!(mode(place.path()), 0o711);
    cluster.stop().unwrap();
    assert_eq!(
        fs::read_to_string(place.path().join("secret")).unwrap(),
        "of the application"
    );
}

#[test]
fn a_long_data_directory_gets_a_short_socket_directory_that_is_removed_again() {
    let place = place();
    let data_dir = place.path().join("l".repeat(120)).join("data");
    fs::create_dir(data_dir.parent().unwrap()).unwrap();
    fs::set_permissions(data_dir.parent().unwrap(), fs::Permissions::from_mode(0o711)).unwrap();
    let cluster = Cluster::start(quick(&data_dir)).unwrap();
    assert_eq!(sql(&cluster.url("postgres"), "SELECT 1"), "1");
    let socket_dir = cluster.socket_dir().to_owned();
    assert!(!socket_dir.starts_with(&data_dir));
    assert_eq!(mode(&socket_dir), 0o700);
    cluster.stop().unwrap();
    assert!(!socket_dir.exists());
}

#[test]
fn a_data_directory_may_have_any_characters_in_its_name() {
    let place = place();
    for (name, has_socket) in [("a b&c\"d%é", true), ("a,b", false)] {
        let data_dir = place.path().join(name);
        let cluster = Cluster::start(quick(&data_dir)).unwrap();
        assert_eq!(
            cluster.socket_dir().starts_with(fs::canonicalize(&data_dir).unwrap()),
            has_socket
        );
        assert_eq!(sql(&cluster.url("postgres"), "SELECT 1"), "1");
    }
}

#[test]
fn a_cluster_of_another_major_version_is_refused_and_named() {
    let place = place();
    let data_dir = place.path().join("data");
    fs::create_dir_all(data_dir.join("postgres")).unwrap();
    fs::write(data_dir.join("postgres/PG_VERSION"), "12\n").unwrap();
    let error = Cluster::start(quick(&data_dir)).unwrap_err();
    assert!(matches!(error, Error::OtherVersion { made_by: 12, .. }), "{error}");
    assert!(error.to_string().contains("install PostgreSQL 12"), "{error}");
    assert_eq!(
        fs::read_to_string(data_dir.join("postgres/PG_VERSION")).unwrap(),
        "12\n"
    );
}

#[test]
fn a_directory_that_is_no_cluster_is_not_overwritten() {
    let place = place();
    let data_dir = place.path().join("data");
    fs::create_dir_all(data_dir.join("postgres")).unwrap();
    fs::write(data_dir.join("postgres/precious"), "").unwrap();
    let error = Cluster::start(quick(&data_dir)).unwrap_err();
    assert!(matches!(error, Error::NotACluster { .. }), "{error}");
    assert!(data_dir.join("postgres/precious").exists());
}

#[test]
fn a_server_that_fails_to_start_says_why() {
    let place = place();
    let data_dir = place.path().join("data");
    Cluster::start(quick(&data_dir)).unwrap().stop().unwrap();
    fs::write(data_dir.join("postgres/postgresql.auto.conf"), "no_such_setting = 1\n").unwrap();
    let error = Cluster::start(quick(&data_dir)).unwrap_err();
    assert!(
        matches!(
            error,
            Error::EndedEarly {
                program: "postgres",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

#[test]
fn as_root_a_data_directory_behind_a_closed_one_is_refused_and_the_closed_one_named() {
    let place = place();
    let closed = place.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let outcome = Cluster::start(quick(&closed.join("data")));
    match outcome {
        Err(Error::NotTraversable { directory, .. }) if is_root() => {
            assert_eq!(directory, fs::canonicalize(&closed).unwrap());
        }
        Ok(_) if !is_root() => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_disposable_cluster_takes_its_directory_along() {
    let cluster = Cluster::disposable().unwrap();
    let dir = cluster.socket_dir().parent().unwrap().to_owned();
    sql(&cluster.url("postgres"), "CREATE DATABASE one_of_many");
    assert_eq!(sql(&cluster.url("one_of_many"), "SHOW fsync"), "off");
    let pid = server_pid(&dir);
    drop(cluster);
    assert!(!dir.exists());
    assert!(!support::is_running(pid));
}
