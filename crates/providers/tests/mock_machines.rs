//! Machines of the mock cloud: real processes that outlive the control plane.
#![allow(clippy::unwrap_used)]
#[allow(dead_code)]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use providers::mock::{Latencies, MockCloud, MockCloudConfig};
use providers::{Provider, ServerState};
use support::{Site, TOKEN, ZONE, eventually, gone, order, pid_of, processes_of, running, runs_only};

#[tokio::test]
async fn a_running_server_has_a_worker_with_the_arguments_of_its_order_and_the_token_only_in_the_environment() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let pid = pid_of(&cloud, &server.id).await;
    let log = eventually("the worker has printed", async || {
        Some(site.worker_log(&server.id)).filter(|log| log.contains("end of the environment"))
    })
    .await;
    assert!(log.contains(
        "arguments: run --control-plane-url http://127.0.0.1:9 --listen 127.0.0.1:0 --exit-when-orphaned-for 600 --simulate-engines\n"
    ));
    assert!(log.contains(&format!("token: {} characters", TOKEN.len())), "{log}");
    assert!(
        !log.contains("CARGO"),
        "the machine inherits the control plane's environment: {log}"
    );
    assert_eq!(
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .unwrap()
            .split(' ')
            .nth(4),
        Some(&*pid.to_string())
    );
}

#[tokio::test]
async fn records_are_readable_by_their_owner_only_and_no_error_or_description_holds_the_token() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let record = site.path().join("servers").join(format!("{}.json", server.id));
    assert_eq!(std::fs::metadata(&record).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        std::fs::read_to_string(record).unwrap().contains(TOKEN),
        "the token must survive for the next boot"
    );
    let shown = format!("{server:?} {:?} {:?}", order(), cloud.journal().await.unwrap());
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn servers_and_their_workers_survive_the_death_of_the_control_plane() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let pid = pid_of(&cloud, &server.id).await;
    drop(cloud);

    let cloud = site.open().await;
    assert_eq!(cloud.get_server(ZONE, &server.id).await.unwrap(), Some(server.clone()));
    assert_eq!(
        pid_of(&cloud, &server.id).await,
        pid,
        "the worker is adopted, not started again"
    );
    runs_only(&server.id, pid).await;
}

#[tokio::test]
async fn a_server_that_was_starting_when_the_control_plane_died_runs_after_the_next_opening() {
    let site = Site::new();
    let slow_boot = Latencies {
        boot: Duration::from_secs(1),
        ..Latencies::scaled(0.0)
    };
    let cloud = MockCloud::open(MockCloudConfig {
        latencies: slow_boot,
        ..site.config()
    })
    .await
    .unwrap();
    let id = cloud.create_server(&order()).await.unwrap().id;
    cloud.start_server(ZONE, &id).await.unwrap();
    assert_eq!(
        cloud.get_server(ZONE, &id).await.unwrap().unwrap().state,
        ServerState::Starting
    );
    drop(cloud);

    let cloud = site.open().await;
    // Nobody asks for the server: it comes to run by itself.
    eventually("the worker runs", async || processes_of(&id).first().copied()).await;
    assert_eq!(
        cloud.get_server(ZONE, &id).await.unwrap().unwrap().state,
        ServerState::Running
    );
}

#[tokio::test]
async fn a_worker_spawned_just_before_a_crash_and_not_yet_recorded_is_adopted() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let pid = pid_of(&cloud, &server.id).await;
    drop(cloud);
    // What the file says between the intent to launch and the record of the process.
    edit_record(&site, &server.id, |record| {
        record["phase"]["worker"] = "launching".into()
    });

    let cloud = site.open().await;
    assert_eq!(pid_of(&cloud, &server.id).await, pid);
    runs_only(&server.id, pid).await;
}

#[tokio::test]
async fn a_running_server_whose_worker_died_meanwhile_is_booted_at_the_next_opening() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let before = pid_of(&cloud, &server.id).await;
    drop(cloud);
    providers::mock::cut_power(site.path()).unwrap();

    let cloud = site.open().await;
    assert_ne!(pid_of(&cloud, &server.id).await, before);
    assert_eq!(
        cloud.get_server(ZONE, &server.id).await.unwrap(),
        Some(server),
        "the server itself is the same"
    );
}

#[tokio::test]
async fn a_reused_process_id_is_not_taken_for_the_worker() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let worker = pid_of(&cloud, &server.id).await;
    drop(cloud);
    // This very process stands for the stranger that got the worker's id.
    let stranger = std::process::id();
    edit_record(&site, &server.id, |record| {
        record["phase"]["worker"]["started"]["pid"] = stranger.into()
    });

    let cloud = site.open().await;
    let now = pid_of(&cloud, &server.id).await;
    assert!(now != stranger as i32 && now != worker, "{now} is not a new worker");
    cloud.delete_server(ZONE, &server.id).await.unwrap();
    gone(&cloud, &server.id).await;
}

#[tokio::test]
async fn deleting_a_server_ends_every_process_on_it() {
    let site = Site::new();
    let cloud = site.open_with("with-engine").await;
    let server = running(&cloud).await;
    eventually("worker and engine run", async || {
        (processes_of(&server.id).len() == 2).then_some(())
    })
    .await;
    cloud.delete_server(ZONE, &server.id).await.unwrap();
    gone(&cloud, &server.id).await;
    assert_eq!(processes_of(&server.id), [0; 0]);
    assert_eq!(cloud.find_servers(ZONE, server.instance_id.unwrap()).await.unwrap(), []);
}

#[tokio::test]
async fn a_worker_that_does_not_heed_the_shutdown_is_killed_after_the_grace_time() {
    let site = Site::new();
    let cloud = site.open_with("stubborn").await;
    let server = running(&cloud).await;
    // From here on it ignores the signal: it prints before it sets its trap, so look at what the kernel says of it.
    let pid = pid_of(&cloud, &server.id).await;
    eventually("the worker ignores SIGTERM", async || {
        ignores_sigterm(pid).then_some(())
    })
    .await;
    cloud.delete_server(ZONE, &server.id).await.unwrap();
    gone(&cloud, &server.id).await;
    assert_eq!(processes_of(&server.id), [0; 0]);
}

#[tokio::test]
async fn a_worker_that_ends_by_itself_leaves_its_server_running() {
    let site = Site::new();
    let cloud = site.open_with("ends-at-once").await;
    let server = running(&cloud).await;
    eventually("the worker ended", async || {
        cloud.worker_process(&server.id).await.unwrap().is_none().then_some(())
    })
    .await;
    assert_eq!(cloud.get_server(ZONE, &server.id).await.unwrap(), Some(server));
}

#[tokio::test]
async fn a_worker_that_was_killed_is_started_again_by_its_machine() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let killed = pid_of(&cloud, &server.id).await;
    providers::mock::cut_power(site.path()).unwrap();
    let next = eventually("another worker runs", async || {
        let process = cloud.worker_process(&server.id).await.unwrap()?;
        (process.pid != killed).then_some(process.pid)
    })
    .await;
    runs_only(&server.id, next).await;
    assert_eq!(cloud.get_server(ZONE, &server.id).await.unwrap(), Some(server));
}

#[tokio::test]
async fn a_server_whose_worker_cannot_be_started_has_failed_and_can_be_deleted() {
    let site = Site::new();
    let worker_binary = site.path().join("no-such-worker");
    let cloud = MockCloud::open(MockCloudConfig {
        worker_binary,
        ..site.config()
    })
    .await
    .unwrap();
    let id = cloud.create_server(&order()).await.unwrap().id;
    cloud.start_server(ZONE, &id).await.unwrap();
    eventually("the server has failed", async || {
        let server = cloud.get_server(ZONE, &id).await.unwrap().unwrap();
        (server.state == ServerState::Failed).then_some(())
    })
    .await;
    cloud.delete_server(ZONE, &id).await.unwrap();
    gone(&cloud, &id).await;
}

#[tokio::test]
async fn suspending_stops_the_workers_and_resuming_boots_them_again() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    pid_of(&cloud, &server.id).await;
    cloud.suspend().await.unwrap();
    assert_eq!(processes_of(&server.id), [0; 0]);
    assert_eq!(
        cloud.get_server(ZONE, &server.id).await.unwrap(),
        Some(server.clone()),
        "it runs as far as it is billed"
    );
    assert_eq!(processes_of(&server.id), [0; 0], "nothing is booted while suspended");
    cloud.resume().await.unwrap();
    pid_of(&cloud, &server.id).await;
    cloud.suspend().await.unwrap();
    drop(cloud);
    let cloud = site.open().await;
    pid_of(&cloud, &server.id).await;
}

#[tokio::test]
async fn machines_are_booted_with_the_new_address_when_the_control_plane_moved() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    let before = pid_of(&cloud, &server.id).await;
    drop(cloud);

    let moved = || MockCloudConfig {
        control_plane_url: Some("http://127.0.0.1:10".to_owned()),
        ..site.config()
    };
    let cloud = MockCloud::open(moved()).await.unwrap();
    let after = pid_of(&cloud, &server.id).await;
    assert_ne!(after, before);
    eventually("the worker has printed", async || {
        site.worker_log(&server.id)
            .contains("--control-plane-url http://127.0.0.1:10 ")
            .then_some(())
    })
    .await;
    drop(cloud);
    let cloud = MockCloud::open(moved()).await.unwrap();
    assert_eq!(
        pid_of(&cloud, &server.id).await,
        after,
        "the same address is no reason to boot again"
    );
    runs_only(&server.id, after).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_calls_through_two_openings_of_the_cloud_lose_nothing_and_double_nothing() {
    let site = Site::new();
    let clouds = [
        std::sync::Arc::new(site.open().await),
        std::sync::Arc::new(site.open().await),
    ];
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let cloud = clouds[n % 2].clone();
        tasks.spawn(async move {
            let id = cloud.create_server(&order()).await.unwrap().id;
            let (one, other) = tokio::join!(cloud.start_server(ZONE, &id), cloud.start_server(ZONE, &id));
            one.and(other).unwrap();
            id
        });
    }
    let ids = tasks.join_all().await;
    assert_eq!(clouds[0].list_servers(ZONE).await.unwrap().len(), ids.len());
    for id in &ids {
        let pid = pid_of(&clouds[1], id).await;
        runs_only(id, pid).await;
    }
}

fn edit_record(site: &Site, server_id: &str, edit: impl FnOnce(&mut serde_json::Value)) {
    let path = site.path().join("servers").join(format!("{server_id}.json"));
    let mut record = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    edit(&mut record);
    std::fs::write(path, serde_json::to_vec(&record).unwrap()).unwrap();
}

/// Bit 14 of the mask of ignored signals.
fn ignores_sigterm(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 14) != 0
}
