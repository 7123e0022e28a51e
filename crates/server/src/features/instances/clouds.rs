//! The providers this process can ask, by their code in the catalogue.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use providers::Provider;
use providers::mock::{Latencies, MockCloud, MockCloudConfig};

use crate::plumbing::addresses::Named;
use crate::plumbing::config::Config;

const WORKER_PROGRAM: &str = "inventiv-worker";

/// Empty until opened: only the orchestrator asks providers.
#[derive(Clone, Default)]
pub struct Clouds {
    mock: Arc<OnceLock<Arc<MockCloud>>>,
}

impl Clouds {
    /// Opens what can be opened. The machines of the Mock cloud run again from here on.
    ///
    /// # Errors
    /// The Mock cloud's directory cannot be used.
    pub async fn open(&self, config: &Config) -> anyhow::Result<()> {
        if self.mock.get().is_some() {
            return Ok(());
        }
        let data_dir = config
            .data_dir
            .as_deref()
            .context("the data directory is not known yet")?;
        let worker_binary = worker_binary(config);
        if !worker_binary.is_file() {
            tracing::error!(path = %worker_binary.display(), "the worker program is not there: machines of the Mock cloud will fail (--worker-binary)");
        }
        let cloud = MockCloud::open(MockCloudConfig {
            control_plane_url: Some(control_plane_url(config)),
            latencies: Latencies::scaled(config.mock_latency_scale),
            worker_environment: worker_environment(config),
            ..MockCloudConfig::new(mock_directory(data_dir), worker_binary)
        })
        .await
        .context("opening the Mock cloud")?;
        let _ = self.mock.set(Arc::new(cloud));
        Ok(())
    }

    /// `None`: not opened, or none of ours.
    pub fn get(&self, code: &str) -> Option<Arc<dyn Provider>> {
        let mock = self.mock.get()?;
        (mock.code() == code).then(|| Arc::clone(mock) as Arc<dyn Provider>)
    }

    /// The Mock cloud itself, for looking at what it was asked.
    pub fn mock(&self) -> Option<&MockCloud> {
        self.mock.get().map(Arc::as_ref)
    }

    /// Stops the machines on this computer, which run again at the next start. Real clouds' go on.
    pub async fn suspend(&self) {
        if let Some(mock) = self.mock.get()
            && let Err(error) = mock.suspend().await
        {
            tracing::warn!(%error, "the Mock cloud's machines may still run");
        }
    }
}

fn worker_environment(config: &Config) -> Vec<(String, String)> {
    let request_faults = ("INVENTIV_WORKER_MOCK_REQUEST_FAULTS", config.mock_request_faults);
    [request_faults]
        .into_iter()
        .filter(|(_, is_on)| *is_on)
        .map(|(name, _)| (name.to_owned(), "true".to_owned()))
        .collect()
}

/// Where the Mock cloud keeps its servers.
pub fn mock_directory(data_dir: &Path) -> PathBuf {
    data_dir.join("mock-cloud")
}

/// Who says where a provider's machines are: a worker on a machine that a tenant can reach says it itself.
pub fn named_by(provider_code: &str) -> Named {
    match provider_code {
        "mock" => Named::ByMockCloud,
        _ => Named::ByTenant,
    }
}

/// Where workers reach this server, without a trailing slash.
pub fn control_plane_url(config: &Config) -> String {
    if let Some(url) = &config.worker_url {
        return url.to_string();
    }
    format!("http://{}", config.reachable_listen())
}

/// The configured program, else the one beside this one (a test's own program is one directory further down).
fn worker_binary(config: &Config) -> PathBuf {
    if let Some(path) = &config.worker_binary {
        return path.clone();
    }
    let program = std::env::current_exe().unwrap_or_default();
    let places = program
        .ancestors()
        .skip(1)
        .take(2)
        .map(|place| place.join(WORKER_PROGRAM));
    let found = places.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| program.with_file_name(WORKER_PROGRAM))
}
