//! A mock cloud in a temporary directory, with a stand-in for the worker.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use providers::mock::{Latencies, MockCloud, MockCloudConfig, cut_power};
use providers::{Boot, CreateServer, Provider, Server, ServerState};
use tempfile::TempDir;
use uuid::Uuid;

pub const ZONE: &str = "mock-paris-1";
pub const TOKEN: &str = "a-bootstrap-token-of-this-test";

/// A directory for a cloud. Whatever still runs in it when the test ends, or fails, is killed.
pub struct Site(TempDir);

impl Site {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// No latency, and a grace time that only a stubborn worker uses up.
    pub fn config(&self) -> MockCloudConfig {
        let worker = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/fake-worker.sh");
        MockCloudConfig {
            latencies: Latencies::scaled(0.0),
            ..MockCloudConfig::new(self.path(), worker)
        }
    }

    pub async fn open(&self) -> MockCloud {
        MockCloud::open(self.config()).await.unwrap()
    }

    /// The cloud with workers that behave as told.
    pub async fn open_with(&self, behaviour: &str) -> MockCloud {
        let worker_environment = vec![("FAKE_WORKER".to_owned(), behaviour.to_owned())];
        let shutdown_grace = Duration::from_millis(200);
        MockCloud::open(MockCloudConfig {
            worker_environment,
            shutdown_grace,
            ..self.config()
        })
        .await
        .unwrap()
    }

    pub fn worker_log(&self, server_id: &str) -> String {
        std::fs::read_to_string(self.path().join("logs").join(format!("{server_id}.log"))).unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // A second panic would hide the first; the stand-in ends by itself after two minutes.
        let cut = cut_power(self.path());
        assert!(
            cut.is_ok() || std::thread::panicking(),
            "machines of a test may still run: {cut:?}"
        );
    }
}

#[allow(clippy::disallowed_methods, reason = "an id that no other test has")]
pub fn order() -> CreateServer {
    CreateServer {
        instance_id: Uuid::now_v7(),
        name: "a server of a test".to_owned(),
        zone: ZONE.to_owned(),
        instance_type: "mock-l4-1".to_owned(),
        boot: Boot {
            control_plane_url: "http://127.0.0.1:9".to_owned(),
            bootstrap_token: TOKEN.to_owned(),
        },
    }
}

/// A server that runs, with its worker.
pub async fn running(cloud: &MockCloud) -> Server {
    let id = cloud.create_server(&order()).await.unwrap().id;
    cloud.start_server(ZONE, &id).await.unwrap();
    eventually("the server runs", async || {
        cloud
            .get_server(ZONE, &id)
            .await
            .unwrap()
            .filter(|server| server.state == ServerState::Running)
    })
    .await
}

pub async fn pid_of(cloud: &MockCloud, server_id: &str) -> i32 {
    eventually("the worker runs", async || {
        cloud.worker_process(server_id).await.unwrap()
    })
    .await
    .pid
}

pub async fn gone(cloud: &MockCloud, server_id: &str) {
    eventually("the server is gone", async || {
        cloud.get_server(ZONE, server_id).await.unwrap().is_none().then_some(())
    })
    .await
}

/// Waits for the stand-in's own start to be over; a second worker would stay.
pub async fn runs_only(server_id: &str, pid: i32) {
    eventually("the worker runs alone", async || {
        (processes_of(server_id) == [pid]).then_some(())
    })
    .await;
}

/// Processes of a server that are not just waiting to be collected, by the variable that ties them to it.
pub fn processes_of(server_id: &str) -> Vec<i32> {
    let tag = format!("INVENTIV_MOCK_SERVER_ID={server_id}");
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let carries_tag = |pid: &i32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == tag.as_bytes())
    };
    pids.filter(carries_tag).collect()
}

/// Looks until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
