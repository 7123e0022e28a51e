//! The program: from settings to a serving process, and back to nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::Context as _;
use embedded_postgres::Cluster;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::features::users::Passwords;
use crate::plumbing::config::Config;
use crate::plumbing::console;
use crate::plumbing::db::{Db, PoolSizes, migrations, private};
use crate::plumbing::edge::connections::{HEADER_TIME, serve};
use crate::plumbing::mail;
use crate::plumbing::private_files;
use crate::plumbing::telemetry;
use crate::program::bootstrap::{self, FirstAdmin};
use crate::program::master_secret::{self, Trust};
use crate::program::{Parts, Program, seed};
use crate::secrets::MasterSecret;

/// A running program.
pub struct Running {
    pub program: Program,
    /// Where the console, the API and the gateway answer.
    pub address: SocketAddr,
    /// Set at the very first start.
    pub first_admin: Option<FirstAdmin>,
    tasks: JoinSet<()>,
    // Dropped last: everything above needs the database.
    cluster: Option<private::Kept>,
}

/// An installation whose database is up and migrated, without anything that serves or works in the background: what commands
/// beside `serve` work on.
pub struct Opened {
    pub program: Program,
    _scratch: Scratch,
    // Dropped last: the program needs the database.
    cluster: Option<Cluster>,
}

/// What both a server and a command stand on.
struct Foundation {
    config: Config,
    db: Db,
    master: MasterSecret,
    cluster: Option<Cluster>,
}

async fn lay_foundation(mut config: Config, trust: Trust) -> anyhow::Result<Foundation> {
    config.check()?;
    mail::check(&config)?;
    let data_dir = data_dir(&config)?;
    config.data_dir = Some(data_dir.clone());
    private_files::ensure(&mail::directory(&data_dir))?;
    let (cluster, options) = database(&config, &data_dir).await?;
    migrations::migrate(&options).await?;
    let master = master_secret::read(&config, &data_dir, &options, trust).await?;
    let app_options = match &config.app_database_url {
        Some(url) => PgConnectOptions::from_str(url).context("--app-database-url")?,
        None => options.clone(),
    };
    let db = Db::connect(app_options, options, PoolSizes::default(), master.clone()).await?;
    master_secret::settle(&db, &Clock::default(), trust).await?;
    Ok(Foundation {
        db,
        master,
        config,
        cluster,
    })
}

/// Opens an installation for a command.
///
/// # Errors
/// Whatever stands in the way, in one sentence that says what to do; first of all a server that has the private database.
pub async fn open(config: Config) -> anyhow::Result<Opened> {
    open_with(config, Trust::Known).await
}

/// As [`open`]; says how a master secret is met that the database doesn't know.
pub async fn open_with(config: Config, trust: Trust) -> anyhow::Result<Opened> {
    let foundation = lay_foundation(config, trust).await.map_err(explain)?;
    let mut config = foundation.config;
    let scratch = Scratch::new(&data_dir(&config)?)?;
    config.data_dir = Some(scratch.0.clone());
    let program = Program::new(Parts {
        config,
        console: console::none,
        clock: Clock::default(),
        db: foundation.db,
        passwords: Passwords::new(1)?,
        master: foundation.master,
        shutdown: CancellationToken::new(),
    })?;
    Ok(Opened {
        program,
        _scratch: scratch,
        cluster: foundation.cluster,
    })
}

/// Brings the database to this version's schema, whoever has the master secret.
///
/// # Errors
/// As [`open`].
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    config.check()?;
    let data_dir = data_dir(&config)?;
    let (cluster, options) = database(&config, &data_dir).await.map_err(explain)?;
    let outcome = migrations::migrate(&options).await;
    if let Some(cluster) = cluster {
        private::stop_cluster(cluster).await;
    }
    outcome
}

fn explain(error: anyhow::Error) -> anyhow::Error {
    let in_use = matches!(
        error.downcast_ref::<embedded_postgres::Error>(),
        Some(embedded_postgres::Error::InUse { .. })
    );
    if in_use {
        error.context(SERVER_IS_RUNNING)
    } else {
        error
    }
}

/// A command's own place for files: what a server keeps in the data directory (its journal first of all) has one owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join(format!("command-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("making the directory {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "a command's directory was left");
        }
    }
}

const SERVER_IS_RUNNING: &str = "a server is running on this data directory and has its private database to itself: stop it for this \
     command and start it again afterwards, or use the console, where a platform admin manages accounts while it runs; commands work \
     beside a running server when both are given the same --database-url";

impl Opened {
    /// Closes the database, and stops it when it is a private one.
    pub async fn close(mut self) {
        // No server may be running that would do it.
        if let Err(error) = self.program.audit.keep_register().await {
            tracing::error!(%error, "the register of the audit log was not kept");
        }
        self.program.core.shutdown.cancel();
        self.program.core.db.close().await;
        if let Some(cluster) = self.cluster.take() {
            private::stop_cluster(cluster).await;
        }
    }
}

/// Starts everything, with the console that the program embeds, and returns once requests are answered.
///
/// # Errors
/// Whatever stands in the way, in one sentence that says what to do.
pub async fn start(config: Config, console: console::Files) -> anyhow::Result<Running> {
    let Foundation {
        mut config,
        db,
        master,
        cluster,
    } = lay_foundation(config, Trust::Known).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    let address = listener.local_addr()?;
    config.listen = address;
    if config.public_url.is_none() && address.ip().is_unspecified() {
        tracing::warn!(
            "links in mails lead to {}, which only this machine reaches: say with --public-url where people reach this server",
            config.public_origin()
        );
    }

    let passwords = Passwords::new(std::thread::available_parallelism().map_or(2, |cores| cores.get()))?;
    let program = Program::new(Parts {
        config,
        console,
        clock: Clock::default(),
        db,
        passwords,
        master,
        shutdown: CancellationToken::new(),
    })?;
    let first_admin = bootstrap::first_admin(&program).await?;
    seed::run(&program.core.db, program.core.clock.now()).await?;

    let mut tasks = JoinSet::new();
    start_background(&program, &mut tasks);
    serve_metrics(&program, &mut tasks).await?;
    tasks.spawn(serve(
        listener,
        program.router(),
        HEADER_TIME,
        program.core.shutdown.clone(),
    ));
    Ok(Running {
        program,
        address,
        first_admin,
        tasks,
        cluster: cluster.map(private::Kept::new),
    })
}

impl Running {
    /// Stops accepting, lets running requests finish up to the grace, stops background work, closes the database.
    pub async fn stop(mut self) {
        self.program.core.shutdown.cancel();
        let grace = Duration::from_secs(self.program.core.config.shutdown_grace);
        let finished = tokio::time::timeout(grace, async { while self.tasks.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            tracing::warn!(
                grace_seconds = grace.as_secs(),
                "requests were still running at the end of the grace and are cut"
            );
            self.tasks.shutdown().await;
        }
        // After the last stream: the machines on this computer serve them.
        self.program.instances.suspend().await;
        self.program.core.db.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}

/// Everything that works without being asked, according to the process's roles. Ends with the shutdown token.
pub fn start_background(program: &Program, tasks: &mut JoinSet<()>) {
    let core = &program.core;
    core.driver().start(&core.config.roles, program.background(), tasks);
}

/// The metrics page has a listener of its own, so that nobody publishes it by accident. A second process on the machine goes
/// without.
async fn serve_metrics(program: &Program, tasks: &mut JoinSet<()>) -> anyhow::Result<()> {
    let router = telemetry::metrics_router()?;
    let address = program.core.config.metrics_listen;
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, %address, "no /metrics: the address can't be used (--metrics-listen)");
            return Ok(());
        }
    };
    tasks.spawn(serve(listener, router, HEADER_TIME, program.core.shutdown.clone()));
    Ok(())
}

/// The given database, or a private one.
async fn database(config: &Config, data_dir: &Path) -> anyhow::Result<(Option<Cluster>, PgConnectOptions)> {
    match &config.database_url {
        Some(url) => Ok((None, PgConnectOptions::from_str(url).context("--database-url")?)),
        None => {
            let (cluster, options) = private::start(data_dir, config.postgres_bin_dir.as_deref()).await?;
            Ok((Some(cluster), options))
        }
    }
}

/// Where a demo lives unless told otherwise: beside, not in, the installation of the same account.
pub fn demo_data_dir() -> anyhow::Result<PathBuf> {
    Ok(embedded_postgres::default_data_dir("inventiv-demo")?)
}

/// The configured directory, or the place where the system expects a program's data.
pub fn data_dir(config: &Config) -> anyhow::Result<PathBuf> {
    let directory = match &config.data_dir {
        Some(directory) => std::path::absolute(directory)?,
        None => embedded_postgres::default_data_dir("inventiv")?,
    };
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("making the data directory {}", directory.display()))?;
    Ok(directory)
}
