//! A cloud on this machine: servers are files, and each running one has a real `inventiv-worker` process.
//!
//! The cloud lives in a directory and survives the death of the control plane as a real one does: machines keep running, and
//! whoever opens the directory next finds them. Several processes may have it open at once.
//!
//! A machine that is booted again (after [`MockCloud::suspend`], a restart of the host, or a change of the control plane's
//! address) presents the same bootstrap token with a new boot id. Real machines do the same when they reboot; the control plane
//! decides what it makes of that.
//!
//! A running machine whose worker has ended starts it again within seconds, as a real one's service manager does.
//!
//! What goes wrong is switched on with a [`FaultPlan`]; what was asked is read back with [`MockCloud::journal`].

mod api;
mod clock;
mod datacenter;
mod faults;
mod files;
mod journal;
mod processes;
mod record;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

pub use self::faults::{Fault, FaultPlan, PlannedFault};
pub use self::journal::{Effect, JournalEntry};
pub use self::processes::{WorkerProcess, listens};

use self::clock::Clock;
use self::datacenter::Datacenter;
use self::files::{Directory, Locked};
use self::record::{Phase, Worker};

pub const ZONES: [&str; 2] = ["mock-paris-1", "mock-paris-2"];
pub const INSTANCE_TYPES: [&str; 6] = [
    "mock-cpu-1",
    "mock-l4-1",
    "mock-l4-4",
    "mock-l40s-1",
    "mock-h100-1",
    "mock-h100-8",
];

/// How often a stop looks whether the machines are off.
const SHUTDOWN_POLL: Duration = Duration::from_millis(20);

/// Where the cloud lives and how it behaves.
#[derive(Debug, Clone)]
pub struct MockCloudConfig {
    /// Made when missing.
    pub directory: PathBuf,
    /// The `inventiv-worker` program, or a stand-in that takes the same arguments.
    pub worker_binary: PathBuf,
    /// Variables that machines get besides the few they need. Nothing secret.
    pub worker_environment: Vec<(String, String)>,
    /// Where the control plane answers now. Machines that were ordered with another address are booted again with this one, so
    /// all processes that have the directory open must say the same. `None`: machines keep the address of their order.
    pub control_plane_url: Option<String>,
    pub latencies: Latencies,
    /// What a machine gets between being told to shut down and being killed.
    pub shutdown_grace: Duration,
}

impl MockCloudConfig {
    pub fn new(directory: impl Into<PathBuf>, worker_binary: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            worker_binary: worker_binary.into(),
            worker_environment: Vec::new(),
            control_plane_url: None,
            latencies: Latencies::default(),
            shutdown_grace: Duration::from_secs(5),
        }
    }
}

/// How long things take: a real cloud's proportions, about a hundred times faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latencies {
    /// Until `create_server` answers.
    pub create: Duration,
    /// From an accepted start to running.
    pub boot: Duration,
    /// From an accepted deletion to gone.
    pub delete: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            create: Duration::from_millis(300),
            boot: Duration::from_millis(800),
            delete: Duration::from_millis(500),
        }
    }
}

impl Latencies {
    /// The default times a factor; 0 for tests that need no waiting. A factor that makes no duration counts as 1.
    pub fn scaled(factor: f64) -> Self {
        let scale = |one: Duration| Duration::try_from_secs_f64(one.as_secs_f64() * factor).unwrap_or(one);
        let Self { create, boot, delete } = Self::default();
        Self {
            create: scale(create),
            boot: scale(boot),
            delete: scale(delete),
        }
    }
}

/// The cloud, open. Dropping it leaves its machines running.
pub struct MockCloud {
    datacenter: Arc<Datacenter>,
    latencies: Latencies,
    shutdown_grace: Duration,
    clock: Clock,
}

impl MockCloud {
    /// Opens the cloud in its directory. Workers that still run are adopted; the other running servers are booted.
    ///
    /// # Errors
    /// The directory cannot be made, read or written.
    pub async fn open(config: MockCloudConfig) -> io::Result<Self> {
        let (latencies, shutdown_grace) = (config.latencies, config.shutdown_grace);
        let datacenter = blocking(move || {
            let datacenter = Datacenter::new(config)?;
            datacenter.resume(&datacenter.lock()?)?;
            Ok(Arc::new(datacenter))
        })
        .await?;
        let clock = Clock::start(Arc::clone(&datacenter));
        Ok(Self {
            datacenter,
            latencies,
            shutdown_grace,
            clock,
        })
    }

    /// Stops all workers for a graceful stop of the program: told first, killed after the grace time. Their servers stay as they
    /// are, and run again after [`Self::resume`] or the next [`Self::open`]; or at once, if another
    /// process has the directory open and goes on.
    pub async fn suspend(&self) -> io::Result<()> {
        let mut running = self.locked(|datacenter, locked| datacenter.suspend(locked)).await?;
        let deadline = Instant::now() + self.shutdown_grace;
        while !running.is_empty() && Instant::now() < deadline {
            sleep(SHUTDOWN_POLL).await;
            running = blocking(move || {
                let still = running.into_iter().map(|id| Ok(processes::any(&id)?.then_some(id)));
                still.filter_map(Result::transpose).collect::<io::Result<Vec<_>>>()
            })
            .await?;
        }
        blocking(move || running.iter().try_for_each(|id| processes::kill_and_wait(id))).await
    }

    /// Undoes [`Self::suspend`].
    pub async fn resume(&self) -> io::Result<()> {
        self.locked(|datacenter, locked| datacenter.resume(locked)).await?;
        self.clock.wake().notify_one();
        Ok(())
    }

    /// Replaces the faults still to happen.
    pub async fn set_faults(&self, plan: &FaultPlan) -> io::Result<()> {
        let plan = plan.clone();
        self.locked(move |_, locked| plan.replace_in(locked)).await
    }

    /// Every change that was asked for, and every call that met a fault; oldest first, bounded to some ten thousand.
    pub async fn journal(&self) -> io::Result<Vec<JournalEntry>> {
        self.locked(|_, locked| journal::read(locked)).await
    }

    /// Ids of all servers ever made for an instance, deleted ones included; oldest first.
    pub async fn created_servers(&self, instance_id: Uuid) -> io::Result<Vec<String>> {
        self.locked(move |_, locked| journal::created_servers(locked, instance_id))
            .await
    }

    /// The worker's process of a running server, while it lives.
    pub async fn worker_process(&self, server_id: &str) -> io::Result<Option<WorkerProcess>> {
        let Ok(id) = server_id.parse::<Uuid>() else {
            return Ok(None);
        };
        self.locked(move |_, locked| {
            Ok(match locked.server(id)?.map(|record| record.phase) {
                Some(Phase::Running {
                    worker: Worker::Started(process),
                }) => processes::is_alive(process, &id.to_string()).then_some(process),
                _ => None,
            })
        })
        .await
    }

    async fn locked<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Datacenter, &Locked<'_>) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let datacenter = Arc::clone(&self.datacenter);
        blocking(move || act(&datacenter, &datacenter.lock()?)).await
    }
}

/// Cuts the power of every machine of the cloud in `directory`; the servers stay on record. For the end of a test whose control
/// plane was killed. Blocks.
pub fn cut_power(directory: &Path) -> io::Result<()> {
    let directory = Directory::create(directory)?;
    let locked = directory.lock()?;
    locked
        .servers()?
        .iter()
        .try_for_each(|record| processes::kill_and_wait(&record.id.to_string()))
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    task::spawn_blocking(act).await.map_err(io::Error::other)?
}
