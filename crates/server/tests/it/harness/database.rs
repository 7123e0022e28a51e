//! The test program's PostgreSQL and the databases in it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use embedded_postgres::Cluster;
use inventiv_server::clock::Clock;
use inventiv_server::plumbing::db::{Db, PoolSizes, migrations, private};
use inventiv_server::program::master_secret::{self, Trust};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

const TEMPLATE: &str = "template_inventiv";

struct Prepared {
    cluster: Cluster,
    /// Owner's connection to the template; other databases differ in the name only.
    template: PgConnectOptions,
}

/// A new database with the current schema, owned by the unprivileged owner.
pub async fn fresh() -> PgConnectOptions {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let prepared = tokio::task::spawn_blocking(prepared).await.unwrap();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    clone(prepared, TEMPLATE, &name).await;
    prepared.template.clone().database(&name)
}

/// A new database without anything in it. The roles are there: the cluster has them.
pub async fn empty() -> PgConnectOptions {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let prepared = tokio::task::spawn_blocking(prepared).await.unwrap();
    let name = format!("empty_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    private::prepare(&prepared.cluster, &name).await.unwrap()
}

/// A copy of a database nobody is connected to.
pub async fn copy_of(source: &str, name: &str) -> PgConnectOptions {
    let prepared = tokio::task::spawn_blocking(prepared).await.unwrap();
    clone(prepared, source, name).await;
    prepared.template.clone().database(name)
}

/// Removes a database once nobody needs it: hundreds of copies would fill a disk.
pub async fn discard(name: &str) {
    let prepared = tokio::task::spawn_blocking(prepared).await.unwrap();
    superuser(prepared, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn clone(prepared: &Prepared, source: &str, name: &str) {
    superuser(
        prepared,
        &format!("CREATE DATABASE {name} TEMPLATE {source} OWNER inventiv"),
    )
    .await;
}

async fn superuser(prepared: &Prepared, statement: &str) {
    let mut superuser = prepared
        .cluster
        .url("postgres")
        .parse::<PgConnectOptions>()
        .unwrap()
        .connect()
        .await
        .unwrap();
    superuser
        .execute(sqlx::AssertSqlSafe(statement.to_owned()))
        .await
        .unwrap();
    superuser.close().await.unwrap();
}

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let cluster = Cluster::disposable().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let template = runtime.block_on(async {
            let template = private::prepare(&cluster, TEMPLATE).await.unwrap();
            migrations::migrate(&template).await.unwrap();
            let sizes = PoolSizes { app: 1, system: 1 };
            let db = Db::connect(template.clone(), template.clone(), sizes, super::master())
                .await
                .unwrap();
            inventiv_server::program::seed::run(&db, Clock::default().now())
                .await
                .unwrap();
            // After the seed, whose chain it takes into the register.
            master_secret::settle(&db, &Clock::default(), Trust::Known)
                .await
                .unwrap();
            // A database that somebody is connected to cannot be copied.
            db.close().await;
            template
        });
        Prepared { cluster, template }
    })
}
