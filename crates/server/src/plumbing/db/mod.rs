//! PostgreSQL: two pools, three kinds of transaction, migrations.
//!
//! - [`AuthCalls`]: before a principal exists; reaches the definer functions of schema `auth` only.
//! - [`TenantTx`]: one workspace, made from an authorized operation. Row-level security stands behind its queries. It comes as a
//!   [`ReadTx`] or as a [`WriteTx`].
//! - [`SystemTx`]: a reviewed list of jobs and platform use cases, each with its [`SystemReason`].
//!
//! A transaction is a guard: it rolls back when dropped and keeps its changes only by `commit`. None lives across a call to a
//! provider or an engine, and nobody who holds one asks for a second.

mod functions;
mod held;
pub mod installation;
pub mod migrations;
pub mod private;
mod system_tx;
mod tenant_tx;
mod words;

use std::time::Duration;

use anyhow::Context as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Executor as _, PgConnection, Postgres, Transaction};

use crate::error::Result;
use crate::secrets::MasterSecret;
use held::Held;
pub use system_tx::{Snapshot, SystemReason, SystemTx};
pub use tenant_tx::{Origin, ReadTx, TenantTx, WriteTx};
pub(crate) use words::read_words;

pub const APP_ROLE: &str = "inventiv_app";
pub const SYSTEM_ROLE: &str = "inventiv_system";

/// Statements are planned for the values they carry: a filter that isn't asked for (`$1 IS NULL OR …`) vanishes, and one that is
/// may use its index. A plan for all values would have to keep both. Compiling a plan takes longer than any of ours runs. Pages
/// are in memory or on flash: what an index names costs about what a scan reads.
const PLANNING: &str = "SET plan_cache_mode = force_custom_plan; SET jit = off; SET random_page_cost = 1.1";

/// The pools. `app` serves requests under row-level security; `system` serves reviewed cross-tenant work. `listening` is one
/// connection more, for LISTEN, which never gives it back. Transactions carry the master secret to whoever seals what is written.
#[derive(Clone)]
pub struct Db {
    master: MasterSecret,
    app: PgPool,
    system: PgPool,
    listening: PgPool,
}

/// How many connections each pool may hold.
#[derive(Debug, Clone, Copy)]
pub struct PoolSizes {
    pub app: u32,
    pub system: u32,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { app: 16, system: 8 }
    }
}

impl Db {
    /// Opens both pools and refuses a database whose app role could get around row-level security.
    ///
    /// # Errors
    /// The database cannot be reached, a role is missing, or [`APP_ROLE`] owns a table.
    pub async fn connect(
        app: PgConnectOptions,
        system: PgConnectOptions,
        sizes: PoolSizes,
        master: MasterSecret,
    ) -> anyhow::Result<Self> {
        let app = pool(app, APP_ROLE, sizes.app)
            .await
            .context("opening the application's connections")?;
        let listening = pool(system.clone(), SYSTEM_ROLE, 1)
            .await
            .context("opening the connection for notifications")?;
        let system = pool(system, SYSTEM_ROLE, sizes.system)
            .await
            .context("opening the system's connections")?;
        let db = Self {
            master,
            app,
            system,
            listening,
        };
        db.refuse_a_powerful_app_role().await?;
        Ok(db)
    }

    /// Pools that connect to nothing until somebody asks. Within a runtime.
    pub fn detached() -> Self {
        let pool = || PgPoolOptions::new().connect_lazy_with(PgConnectOptions::new());
        Self {
            master: MasterSecret::generate(),
            app: pool(),
            system: pool(),
            listening: pool(),
        }
    }

    /// Calls of schema `auth`, before a principal exists.
    #[expect(clippy::disallowed_methods, reason = "the one place that hands out connections")]
    pub async fn auth(&self) -> Result<AuthCalls> {
        let held = Held::take();
        Ok(AuthCalls {
            connection: self.app.acquire().await?,
            _held: held,
        })
    }

    /// Why requests can't work with the database now; nothing when they can.
    pub async fn obstacle(&self) -> Option<&'static str> {
        let query = sqlx::query_scalar("SHOW transaction_read_only").fetch_one(&self.app);
        let answer: Result<String, _> = match tokio::time::timeout(Duration::from_secs(2), query).await {
            Ok(answer) => answer,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        };
        match answer.as_deref() {
            Err(_) => Some("The database cannot be reached."),
            Ok("off") => None,
            // A standby, say, that the address leads to.
            Ok(_) => Some("The database takes no changes."),
        }
    }

    pub async fn close(&self) {
        self.app.close().await;
        self.system.close().await;
        self.listening.close().await;
    }

    /// For LISTEN, which must not go through a transaction.
    pub(super) fn listening_pool(&self) -> &PgPool {
        &self.listening
    }

    async fn refuse_a_powerful_app_role(&self) -> anyhow::Result<()> {
        let owned: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user AND c.relkind IN ('r', 'p', 'v')",
        )
        .fetch_one(&self.app)
        .await?;
        anyhow::ensure!(
            owned == 0,
            "the database role {APP_ROLE} owns tables, so row-level security would not bind it; give them to another role"
        );
        let bypasses: bool =
            sqlx::query_scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
                .fetch_one(&self.app)
                .await?;
        anyhow::ensure!(
            !bypasses,
            "the database role {APP_ROLE} bypasses row-level security; take SUPERUSER and BYPASSRLS away from it"
        );
        Ok(())
    }
}

/// Begins a transaction in a task of its own. A caller that goes away in the middle of BEGIN would otherwise hand a connection
/// back to the pool with a transaction that nobody ends.
async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_by(pool, "BEGIN").await
}

/// As [`begin`]; PostgreSQL refuses changes.
async fn begin_reading(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_by(pool, "BEGIN READ ONLY").await
}

/// As [`begin_reading`]; all its queries see the database as it was at the first.
async fn begin_snapshot(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_by(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}

async fn begin_by(pool: &PgPool, statement: &'static str) -> Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    #[expect(clippy::disallowed_methods, reason = "the one place that begins transactions")]
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    Ok(begun.await.map_err(crate::error::Error::internal)??)
}

async fn pool(options: PgConnectOptions, role: &'static str, size: u32) -> anyhow::Result<PgPool> {
    let prepare = format!("SET ROLE {role}; {PLANNING}");
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(move |connection, _| {
            let prepare = prepare.clone();
            Box::pin(async move { connection.execute(sqlx::AssertSqlSafe(prepare)).await.map(|_| ()) })
        })
        .connect_with(options.application_name(role))
        .await?;
    Ok(pool)
}

/// A connection that may call the functions of schema `auth`, and nothing else of value: it carries no tenant, so every table
/// answers as if empty.
pub struct AuthCalls {
    connection: sqlx::pool::PoolConnection<Postgres>,
    _held: Held,
}

impl AuthCalls {
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
