//! The schema: roles first, then forward-only migrations, then the functions, all under one advisory lock.

use anyhow::Context as _;
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use super::{APP_ROLE, SYSTEM_ROLE, functions};

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// The oldest PostgreSQL whose features the schema uses (NULLS NOT DISTINCT, security_invoker views).
const OLDEST_SERVER_VERSION: i32 = 150_000;

/// Any number that nothing else in the database uses; two starting replicas take turns.
const LOCK: i64 = 0x1e4e_4711;

/// Brings the schema to this program's version. Safe to run from several processes at once.
///
/// # Errors
/// An older PostgreSQL, a database newer than this program, or roles that could not be made (the message holds the SQL to run).
pub async fn migrate(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = options.connect().await.context("connecting to the database")?;
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut connection)
        .await?;
    anyhow::ensure!(
        version >= OLDEST_SERVER_VERSION,
        "PostgreSQL 15 or newer is needed, this is {}",
        version / 10_000
    );
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut connection)
        .await?;
    let outcome = migrate_alone(&mut connection, version).await;
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    outcome
}

async fn migrate_alone(connection: &mut PgConnection, server_version: i32) -> anyhow::Result<()> {
    ensure_roles(connection, server_version).await?;
    refuse_newer_schema(connection).await?;
    MIGRATOR.run(&mut *connection).await.context("migrating the database")?;
    functions::apply(connection).await
}

/// A program must not write into a schema that it does not know.
///
/// # Errors
/// The database was migrated by a newer program.
pub async fn refuse_newer_schema(connection: &mut PgConnection) -> anyhow::Result<()> {
    connection.ensure_migrations_table("_sqlx_migrations").await?;
    let newest_known = MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default();
    let newest_applied: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await?;
    if let Some(applied) = newest_applied
        && applied > newest_known
    {
        anyhow::bail!(
            "the database was migrated by a newer Inventiv (schema {applied}, this program knows {newest_known}): start that version, or restore a backup"
        );
    }
    functions::refuse_newer(connection).await
}

async fn ensure_roles(connection: &mut PgConnection, server_version: i32) -> anyhow::Result<()> {
    // From 16 on a role's creator belongs to it without being allowed to become it.
    let privilege = if server_version >= 160_000 { "SET" } else { "MEMBER" };
    let mut missing = Vec::new();
    for role in [APP_ROLE, SYSTEM_ROLE] {
        let usable: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(current_user, r.oid, $2))",
        )
        .bind(role)
        .bind(privilege)
        .fetch_one(&mut *connection)
        .await?;
        if !usable {
            missing.push(role);
        }
    }
    let mut script = String::new();
    for role in missing {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut *connection)
            .await?;
        if !exists {
            script.push_str(&format!("CREATE ROLE {role} NOLOGIN; "));
        }
        script.push_str(&format!("GRANT {role} TO CURRENT_USER; "));
    }
    if script.is_empty() {
        return Ok(());
    }
    let user: String = sqlx::query_scalar("SELECT current_user::text")
        .fetch_one(&mut *connection)
        .await?;
    connection
        .execute(sqlx::AssertSqlSafe(script.clone()))
        .await
        .with_context(|| {
            let script = script.replace("CURRENT_USER", &format!("\"{user}\""));
            format!("the database user may not make the roles Inventiv works with; have an administrator run: {script}")
        })?;
    Ok(())
}
