//! What happens to servers and the processes on them. Everything here blocks and runs under the directory's lock.
//!
//! No step needs memory of the one before: each is written down before its effect, and an effect that may have happened
//! already is looked for (by the tag of [`super::processes`]) before it is repeated. So any process may take over at any time.

use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::process::Command;

use super::MockCloudConfig;
use super::clock::now;
use super::files::{Directory, Locked};
use super::processes::{self, Signal, TAG, WorkerProcess};
use super::record::{Phase, Record, Step, Worker};
use crate::CreateServer;

/// What a machine inherits from the environment of this program; everything else stays here, secrets above all.
const INHERITED: [&str; 7] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LD_LIBRARY_PATH",
    "RUST_LOG",
    "RUST_BACKTRACE",
];
/// How often a machine that does not stop by itself is looked at.
const SHUTDOWN_POLL: TimeDelta = TimeDelta::milliseconds(50);
/// When to look again at a server that could not be moved on.
const RETRY: TimeDelta = TimeDelta::seconds(1);
/// How often a running machine looks after its worker, as a machine's service manager does.
const LOOK_AFTER_WORKER: TimeDelta = TimeDelta::seconds(5);
/// Steps of one server in a row; the longest chain is power on, boot, launch.
const STEPS_AT_ONCE: usize = 8;
/// Seconds without a control plane after which a worker gives up.
const ORPHANED_FOR_SECS: &str = "600";

pub(super) struct Datacenter {
    config: MockCloudConfig,
    directory: Directory,
    suspended: AtomicBool,
}

impl Datacenter {
    pub fn new(config: MockCloudConfig) -> io::Result<Self> {
        let directory = Directory::create(&config.directory)?;
        Ok(Self {
            config,
            directory,
            suspended: AtomicBool::new(false),
        })
    }

    pub fn lock(&self) -> io::Result<Locked<'_>> {
        self.directory.lock()
    }

    /// Does everything that is due, and says when to come back.
    pub fn advance(&self, locked: &Locked<'_>) -> io::Result<Option<DateTime<Utc>>> {
        let mut next: Option<DateTime<Utc>> = None;
        for record in locked.servers()? {
            let id = record.id;
            let due = self.advance_server(locked, record).unwrap_or_else(|error| {
                tracing::warn!(server_id = %id, %error, "a mock server could not be moved on");
                Some(now() + RETRY)
            });
            next = [next, due].into_iter().flatten().min();
        }
        Ok(next)
    }

    fn advance_server(&self, locked: &Locked<'_>, mut record: Record) -> io::Result<Option<DateTime<Utc>>> {
        for _ in 0..STEPS_AT_ONCE {
            let now = now();
            match record.next_step(now) {
                Step::Rest => {
                    locked.bound_log(record.id)?;
                    let Phase::Running {
                        worker: Worker::Started(process),
                    } = &record.phase
                    else {
                        return Ok(None);
                    };
                    if processes::is_alive(*process, &record.id.to_string()) {
                        return Ok(Some(now + LOOK_AFTER_WORKER));
                    }
                    tracing::warn!(server_id = %record.id, "a mock server's worker has ended; the machine starts it again");
                    record.phase = Phase::Running { worker: Worker::Off };
                    locked.save(&record)?;
                }
                Step::WaitUntil(due) => return Ok(Some(due)),
                Step::PowerOn => {
                    record.phase = Phase::Running { worker: Worker::Off };
                    locked.save(&record)?;
                }
                Step::FallBackToStopped => {
                    record.phase = Phase::Stopped;
                    record.billable_since = None;
                    locked.save(&record)?;
                }
                Step::Boot | Step::LaunchWorker if self.suspended.load(Ordering::SeqCst) => return Ok(None),
                Step::Boot => {
                    // A worker that is shutting down, or an engine that outlived its worker.
                    processes::kill_and_wait(&record.id.to_string())?;
                    record.phase = Phase::Running {
                        worker: Worker::Launching,
                    };
                    locked.save(&record)?;
                }
                Step::LaunchWorker => {
                    record.phase = self.launch(locked, &record)?;
                    locked.save(&record)?;
                }
                Step::FinishDeletion { force } => {
                    let id = record.id.to_string();
                    if force {
                        processes::kill_and_wait(&id)?;
                    } else if processes::any(&id)? {
                        return Ok(Some(now + SHUTDOWN_POLL));
                    }
                    locked.remove(record.id)?;
                    return Ok(None);
                }
            }
        }
        Ok(Some(now() + RETRY))
    }

    pub fn create(&self, locked: &Locked<'_>, order: &CreateServer) -> io::Result<Record> {
        let record = Record::new(order, now());
        locked.save(&record)?;
        Ok(record)
    }

    /// The server runs, or is found to be out of stock, after the boot time.
    pub fn power_on(&self, locked: &Locked<'_>, mut record: Record, in_stock: bool) -> io::Result<()> {
        let now = now();
        record.phase = Phase::Starting {
            until: now + self.config.latencies.boot,
            in_stock,
        };
        record.billable_since = Some(now);
        locked.save(&record)
    }

    /// The machine is told to shut down now, is killed after the grace time, and its server is gone once nothing runs on it.
    pub fn delete(&self, locked: &Locked<'_>, mut record: Record) -> io::Result<()> {
        let now = now();
        let not_before = now + self.config.latencies.delete;
        let kill_at = not_before.max(now + self.config.shutdown_grace);
        record.phase = Phase::Deleting { not_before, kill_at };
        locked.save(&record)?;
        processes::signal(&record.id.to_string(), Signal::Terminate)?;
        Ok(())
    }

    /// Gone at once, as if its host had burned down.
    pub fn vanish(&self, locked: &Locked<'_>, mut record: Record) -> io::Result<()> {
        let now = now();
        record.phase = Phase::Deleting {
            not_before: now,
            kill_at: now,
        };
        locked.save(&record)?;
        self.advance_server(locked, record).map(drop)
    }

    /// Tells all machines to shut down; they boot again after [`Self::resume`]. Returns the ids of those that had something
    /// to stop.
    pub fn suspend(&self, locked: &Locked<'_>) -> io::Result<Vec<String>> {
        self.suspended.store(true, Ordering::SeqCst);
        let mut stopping = Vec::new();
        for mut record in locked.servers()? {
            let id = record.id.to_string();
            if matches!(record.phase, Phase::Running { .. }) {
                record.phase = Phase::Running { worker: Worker::Off };
                locked.save(&record)?;
            }
            if processes::signal(&id, Signal::Terminate)? > 0 {
                stopping.push(id);
            }
        }
        Ok(stopping)
    }

    /// Marks for booting every running server whose worker is not there or knows another address of the control plane.
    pub fn resume(&self, locked: &Locked<'_>) -> io::Result<()> {
        self.suspended.store(false, Ordering::SeqCst);
        for mut record in locked.servers()? {
            let moved = self
                .config
                .control_plane_url
                .as_ref()
                .filter(|url| **url != record.control_plane_url);
            let must_boot = match &record.phase {
                Phase::Running {
                    worker: Worker::Started(process),
                } => moved.is_some() || !processes::is_alive(*process, &record.id.to_string()),
                // It may have been spawned with the old address.
                Phase::Running {
                    worker: Worker::Launching,
                } => moved.is_some(),
                _ => false,
            };
            if let Some(url) = moved {
                record.control_plane_url.clone_from(url);
            }
            if must_boot {
                record.phase = Phase::Running { worker: Worker::Off };
            }
            if must_boot || moved.is_some() {
                locked.save(&record)?;
            }
        }
        Ok(())
    }

    /// Adopts the worker that was spawned before a crash, else spawns one.
    fn launch(&self, locked: &Locked<'_>, record: &Record) -> io::Result<Phase> {
        if let Some(process) = processes::find_worker(&record.id.to_string())? {
            return Ok(Phase::Running {
                worker: Worker::Started(process),
            });
        }
        Ok(match self.spawn_worker(locked, record) {
            Ok(process) => Phase::Running {
                worker: Worker::Started(process),
            },
            Err(error) => {
                tracing::warn!(server_id = %record.id, %error, "a mock server's worker could not be started");
                Phase::Failed {
                    message: error.to_string(),
                }
            }
        })
    }

    fn spawn_worker(&self, locked: &Locked<'_>, record: &Record) -> io::Result<WorkerProcess> {
        let log = locked.new_log(record.id)?;
        #[expect(clippy::disallowed_methods, reason = "what a machine of the mock inherits")]
        let inherited = INHERITED
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(&self.config.worker_binary)
            .args([
                "run",
                "--control-plane-url",
                &record.control_plane_url,
                "--listen",
                "127.0.0.1:0",
            ])
            .args(["--exit-when-orphaned-for", ORPHANED_FOR_SECS])
            // There is no GPU behind a mock server, whatever its type says.
            .arg("--simulate-engines")
            .env_clear()
            .envs(inherited)
            .envs(self.config.worker_environment.iter().map(|(name, value)| (name, value)))
            .env("INVENTIV_WORKER_BOOTSTRAP_TOKEN", &record.bootstrap_token)
            .env(TAG, record.id.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A machine outlives the control plane, and the interrupt key of the terminal is not meant for it.
            .process_group(0)
            .kill_on_drop(false)
            .spawn()?;
        let process = child.id().and_then(|pid| processes::identify(pid.try_into().ok()?));
        #[expect(clippy::disallowed_methods, reason = "ends with the process that it waits for")]
        tokio::spawn(async move {
            // Collects the process when it ends; how it ended is the worker's business.
            let _ = child.wait().await;
        });
        process.ok_or_else(|| io::Error::other("the worker's process cannot be seen in /proc"))
    }
}
