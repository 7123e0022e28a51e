use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::Duration;

use crate::account::Account;
use crate::data_dir::{DataDir, Lock};
use crate::disposable::TemporaryDir;
use crate::error::Error;
use crate::initialise;
use crate::installation::Installation;
use crate::leftovers;
use crate::log_file::LogFile;
use crate::pid_file::PidFile;
use crate::process::{self, Signal};
use crate::socket::{self, SocketDir};

/// The role that owns everything; also the name of the database that always exists.
pub(crate) const SUPERUSER: &str = "postgres";

/// What a power cut may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Durable,
    /// Everything: nothing is synchronised to the disk. For tests.
    Disposable,
}

/// How to start a [`Cluster`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Made if it isn't there. May also hold other files of the application.
    pub data_dir: PathBuf,
    pub installation: Installation,
    pub durability: Durability,
    /// The server's limit on connections, at least 4 (three are set aside for superusers).
    pub max_connections: u16,
    /// How long the server may take until it accepts connections, including the recovery after a crash.
    pub start_timeout: Duration,
}

impl Settings {
    /// Durable, 100 connections, 60 s.
    pub fn new(data_dir: impl Into<PathBuf>, installation: Installation) -> Self {
        Self {
            data_dir: data_dir.into(),
            installation,
            durability: Durability::Durable,
            max_connections: 100,
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// A running server that this process owns. Dropping it stops the server, which blocks until it is gone.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    settings: Settings,
    account: Option<Account>,
    log: LogFile,
    path: PathBuf,
    socket: SocketDir,
    // Released after the server is gone (see `drop`), and before the directory is.
    _lock: Lock,
    _temporary: Option<TemporaryDir>,
}

impl Cluster {
    /// Makes the cluster if there is none, ends what an earlier owner left, starts the server and waits until it
    /// accepts connections.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process owns the data directory; [`Error::OtherVersion`] when another major version
    /// made the cluster; [`Error::EndedEarly`] and [`Error::TooSlow`], with the end of the log, when a program of
    /// PostgreSQL fails; [`Error::NotTraversable`] and others about the directory and its owner.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        Self::start_in(settings, None)
    }

    /// A durability-free cluster in a temporary directory that goes away with the result. Test programs usually keep it
    /// in a static, which is never dropped: then the server ends with the process, and the directory is removed by the
    /// next call in any process.
    ///
    /// # Errors
    /// As [`Installation::find`] and [`Self::start`].
    pub fn disposable() -> Result<Self, Error> {
        let temporary = TemporaryDir::create(&std::env::temp_dir())?;
        let settings = Settings {
            durability: Durability::Disposable,
            max_connections: 300,
            ..Settings::new(temporary.path(), Installation::find(None)?)
        };
        Self::start_in(settings, Some(temporary))
    }

    fn start_in(settings: Settings, temporary: Option<TemporaryDir>) -> Result<Self, Error> {
        let Settings {
            installation,
            durability,
            ..
        } = &settings;
        let data_dir = DataDir::create(&settings.data_dir)?;
        let lock = data_dir.lock()?;
        let account = Account::for_cluster(&data_dir.cluster())?;
        if let Some(account) = &account {
            account.check_access(&installation.program("postgres"), data_dir.path())?;
        }
        let log = LogFile::open(data_dir.log())?;
        leftovers::clear(&data_dir.cluster())?;
        initialise::ensure(&data_dir, installation, account.as_ref(), *durability, &log)?;
        let socket = SocketDir::create(&data_dir, account.as_ref())?;
        let server = spawn_server(&settings, &data_dir.cluster(), socket.path(), account.as_ref(), &log)?;
        // From here on dropping stops the server.
        let mut cluster = Self {
            server,
            settings,
            account,
            log,
            path: data_dir.cluster(),
            socket,
            _lock: lock,
            _temporary: temporary,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// Starts the server again after it ended although nobody stopped it (see [`Self::exited`]), and waits until it accepts
    /// connections; the URLs stay. Nothing that was committed is missing afterwards. Does nothing while the server runs.
    ///
    /// # Errors
    /// As [`Self::start`]. It may be tried again.
    pub fn restart(&mut self) -> Result<(), Error> {
        if self.exited().is_none() {
            return Ok(());
        }
        leftovers::clear(&self.path)?;
        let account = self.account.as_ref();
        self.server = spawn_server(&self.settings, &self.path, self.socket.path(), account, &self.log)?;
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let limit = self.settings.start_timeout;
        let outcome = process::wait_for(limit, || match self.exited() {
            Some(status) => Some(Err(Error::EndedEarly {
                program: "postgres",
                status: status.to_string(),
                log_tail: self.log.tail(),
            })),
            None => PidFile::read(&self.path)
                .filter(|file| file.ready && file.pid == self.server.id())
                .map(|_| Ok(())),
        });
        outcome.unwrap_or_else(|| {
            Err(Error::TooSlow {
                program: "postgres",
                seconds: limit.as_secs(),
                log_tail: self.log.tail(),
            })
        })?;
        let version = self.settings.installation.version();
        tracing::info!(version, data_dir = %self.settings.data_dir.display(), "PostgreSQL is ready");
        Ok(())
    }

    /// The URL for `database` as the superuser, over the Unix socket; the database `postgres` always exists. It holds
    /// no secret.
    pub fn url(&self, database: &str) -> String {
        socket::url(self.socket.path(), SUPERUSER, database)
    }

    /// The directory of the Unix socket, mode 0700; its file is `.s.PGSQL.5432`.
    pub fn socket_dir(&self) -> &Path {
        self.socket.path()
    }

    /// How the server ended, if it did although nobody stopped it: it restarts failed workers by itself, but not
    /// itself. [`Self::restart`] does.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.server.try_wait().ok().flatten()
    }

    /// Ends the server: politely (clients are disconnected, data written), after 30 s at once (the next start recovers),
    /// at last by force. Blocks until it is gone.
    ///
    /// # Errors
    /// [`Error::WontStop`] when not even force helps.
    pub fn stop(mut self) -> Result<(), Error> {
        self.stop_server()
    }

    fn stop_server(&mut self) -> Result<(), Error> {
        for (signal, grace) in stop_stages(self.settings.durability) {
            if self.exited().is_some() {
                break;
            }
            process::send(*signal, self.server.id());
            process::wait_for(*grace, || self.exited());
        }
        if self.exited().is_none() {
            return Err(Error::WontStop {
                cluster: self.path.clone(),
                pid: self.server.id(),
            });
        }
        self.socket.remove();
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.stop_server() {
            tracing::error!(%error, "PostgreSQL was left running");
        }
    }
}

fn stop_stages(durability: Durability) -> &'static [(Signal, Duration)] {
    const AT_ONCE: [(Signal, Duration); 2] = [
        (Signal::ImmediateStop, Duration::from_secs(10)),
        (Signal::Kill, Duration::from_secs(10)),
    ];
    const POLITELY: [(Signal, Duration); 3] = [(Signal::FastStop, Duration::from_secs(30)), AT_ONCE[0], AT_ONCE[1]];
    match durability {
        Durability::Durable => &POLITELY,
        Durability::Disposable => &AT_ONCE,
    }
}

fn spawn_server(
    settings: &Settings,
    cluster: &Path,
    socket_dir: &Path,
    account: Option<&Account>,
    log: &LogFile,
) -> Result<Child, Error> {
    let program = settings.installation.program("postgres");
    let mut command = initialise::base_command(&program, account);
    command.arg("-D").arg(cluster);
    for (name, value) in server_options(settings, socket_dir) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    log.receive(&mut command)?;
    let (at_death, _) = stop_stages(settings.durability)[0];
    process::spawn(command, at_death).map_err(Error::io("run", &program))
}

/// Given on the command line, where they win over `postgresql.conf`: that file stays free for the operator's tuning.
fn server_options(settings: &Settings, socket_dir: &Path) -> Vec<(&'static str, String)> {
    let fixed = [
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("log_destination", "stderr"),
        ("logging_collector", "off"),
        ("log_timezone", "UTC"),
        ("timezone", "UTC"),
    ];
    let fast_and_loose = [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        // The default follows the small segments and would mean a checkpoint every 64 MB.
        ("max_wal_size", "1GB"),
    ];
    let chosen = match settings.durability {
        Durability::Durable => &[][..],
        Durability::Disposable => &fast_and_loose[..],
    };
    let computed = [
        ("unix_socket_directories", socket::as_setting(socket_dir)),
        ("port", socket::PORT.to_string()),
        ("max_connections", settings.max_connections.to_string()),
    ];
    let constant = fixed
        .iter()
        .chain(chosen)
        .map(|(name, value)| (*name, (*value).to_owned()));
    constant.chain(computed).collect()
}
