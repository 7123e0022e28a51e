//! The database of an installation that was not given one: a PostgreSQL of our own in the data directory.

use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::Context as _;
use embedded_postgres::{Cluster, Installation, Settings};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::plumbing::private_files;

const DATABASE: &str = "inventiv";
/// Owns the database; neither a superuser nor above row-level security.
const OWNER: &str = "inventiv";

/// How often somebody looks whether the cluster still runs; also the pause before it is started again once more.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Starts the private cluster, making it at the first time. It stops when the result is dropped.
///
/// # Errors
/// No PostgreSQL is installed, the directory is in use by another process, or the server does not come up.
pub async fn start(data_dir: &Path, bin_dir: Option<&Path>) -> anyhow::Result<(Cluster, PgConnectOptions)> {
    // PostgreSQL itself would refuse a directory that others can read, in words that say less.
    private_files::ensure(&data_dir.join("postgres"))?;
    let (data_dir, bin_dir) = (data_dir.to_owned(), bin_dir.map(Path::to_owned));
    let cluster = spawn_blocking(move || {
        let installation = Installation::find_for(bin_dir.as_deref(), &data_dir)?;
        Cluster::start(Settings::new(data_dir, installation))
    })
    .await??;
    let options = prepare(&cluster, DATABASE).await?;
    Ok((cluster, options))
}

/// The owner's connection to a database of the cluster, which is made if it isn't there.
///
/// # Errors
/// The cluster does not answer.
pub async fn prepare(cluster: &Cluster, database: &str) -> anyhow::Result<PgConnectOptions> {
    let superuser = PgConnectOptions::from_str(&cluster.url("postgres"))?;
    let mut connection = superuser
        .connect()
        .await
        .context("connecting to the private PostgreSQL")?;
    let owner_exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
        .bind(OWNER)
        .fetch_one(&mut connection)
        .await?;
    if !owner_exists {
        connection.execute("CREATE ROLE inventiv LOGIN CREATEROLE").await?;
    }
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(database)
        .fetch_one(&mut connection)
        .await?;
    if !exists {
        anyhow::ensure!(
            database.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
            "a database name of letters, digits and underscores"
        );
        connection
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {database} OWNER {OWNER}")))
            .await?;
    }
    connection.close().await?;
    Ok(PgConnectOptions::from_str(&cluster.url(database))?.username(OWNER))
}

/// A cluster that is started again when it ends although nobody stopped it (killed when memory ran out, say). Until then requests
/// are answered 503, and connections come back by themselves. It stops when this is dropped; [`Kept::stop`] waits for that.
pub struct Kept {
    keeper: JoinHandle<()>,
    stop: DropGuard,
}

impl Kept {
    #[expect(
        clippy::disallowed_methods,
        reason = "the keeper of the cluster outlives all other work"
    )]
    pub fn new(cluster: Cluster) -> Self {
        let stop = CancellationToken::new();
        Self {
            keeper: tokio::spawn(keep(cluster, stop.clone())),
            stop: stop.drop_guard(),
        }
    }

    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.keeper.await {
            tracing::error!(%error, "the private PostgreSQL's keeper ended by itself");
        }
    }
}

async fn keep(mut cluster: Cluster, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let Some(status) = cluster.exited() else { continue };
        tracing::error!(%status, "the private PostgreSQL ended although nobody stopped it; it is started again");
        let again = spawn_blocking(move || {
            let outcome = cluster.restart();
            (cluster, outcome)
        });
        let Ok((restarted, outcome)) = again.await else { return };
        cluster = restarted;
        if let Err(error) = outcome {
            tracing::error!(%error, "the private PostgreSQL could not be started again; the next attempt follows");
        }
    }
    stop_cluster(cluster).await;
}

/// Stops a cluster for good.
pub async fn stop_cluster(cluster: Cluster) {
    if let Ok(Err(error)) = spawn_blocking(move || cluster.stop()).await {
        tracing::error!(%error, "the private PostgreSQL did not stop cleanly");
    }
}
