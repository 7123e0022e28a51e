//! What stays behind on a connection: nothing. Errors, panics, cancelled futures and time-outs give it back clean, and a plan
//! cached for one tenant serves the next one its own rows.

#![expect(clippy::disallowed_methods, reason = "tests of connections hold some themselves")]

use std::time::Duration;

use inventiv_server::error::{Error, Kind};
use inventiv_server::operation::{Operation, Workspace};
use inventiv_server::permissions::{Permission, Role};
use inventiv_server::plumbing::db::{Db, PoolSizes, TenantTx};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use super::classes::TABLES;
use crate::harness::world::{Side, World};
use crate::harness::{TestServer, master};

/// Bounded, and enough for every way of ending to follow every other many times.
const INTERLEAVINGS: usize = 300;

/// What one of a principal's sessions in its workspace may do.
async fn operation(world: &World, owner: &mut PgConnection, principal: &str) -> Operation {
    let principal = world.principal(principal);
    let person = principal.person.unwrap();
    let workspace = match principal.side {
        Side::Alpha | Side::Bravo => Workspace::Organization {
            id: world.side(principal.side).tenant,
            role: Role::Owner,
        },
        Side::Solo => Workspace::Personal { platform_admin: false },
        Side::Platform => Workspace::Personal { platform_admin: true },
    };
    let session = sqlx::query_scalar(
        "SELECT id FROM user_sessions WHERE user_id = $1 AND current_organization_id IS NOT DISTINCT FROM $2 LIMIT 1",
    )
    .bind(person)
    .bind(workspace.organization_id())
    .fetch_one(owner)
    .await
    .unwrap();
    Operation::made_up_by_a_test(
        person,
        session,
        workspace,
        inventiv_server::clock::Clock::default().now(),
    )
}

async fn visible_key_tenants(tx: &mut TenantTx) -> Vec<Uuid> {
    sqlx::query_scalar("SELECT DISTINCT tenant FROM api_keys")
        .fetch_all(tx.conn())
        .await
        .unwrap()
}

/// How a borrower of the connection ends.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Commits,
    Drops,
    Fails,
    Panics,
    IsCancelled,
    TimesOut,
}

const ENDINGS: [Ending; 6] = [
    Ending::Commits,
    Ending::Drops,
    Ending::Fails,
    Ending::Panics,
    Ending::IsCancelled,
    Ending::TimesOut,
];

async fn borrow_and_end(db: Db, operation: Operation, ending: Ending) {
    let authorized = operation.require(Permission::ApiKeyRead).unwrap();
    let mut tx = db.read(&authorized).await.unwrap();
    assert_eq!(visible_key_tenants(&mut tx).await, [operation.tenant()]);
    match ending {
        // Only what changes things has something to commit.
        Ending::Commits => {
            drop(tx);
            let mut tx = db.write(&authorized).await.unwrap();
            assert_eq!(visible_key_tenants(&mut tx).await, [operation.tenant()]);
            tx.commit().await.unwrap();
        }
        Ending::Drops => drop(tx),
        Ending::Fails => assert!(tx.conn().execute("SELECT 1 / 0").await.is_err()),
        Ending::Panics => panic!("a handler's bug"),
        Ending::IsCancelled => {
            let mut query = std::pin::pin!(tx.conn().execute("SELECT pg_sleep(0.02), name FROM api_keys"));
            // Polled, so the statement is on its way, and then dropped in the middle.
            let polled = futures_util::poll!(&mut query);
            assert!(polled.is_pending());
        }
        Ending::TimesOut => {
            tx.conn().execute("SET LOCAL statement_timeout = 1").await.unwrap();
            assert!(tx.conn().execute("SELECT pg_sleep(10)").await.is_err());
        }
    }
}

#[tokio::test]
async fn the_next_borrower_of_a_connection_finds_nothing_of_the_last_one() {
    let world = World::shared().await;
    let options = world.copy().await;
    let mut owner = options.connect().await.unwrap();
    let db = Db::connect(options.clone(), options, PoolSizes { app: 1, system: 1 }, master())
        .await
        .unwrap();
    let mut borrowers = Vec::new();
    for name in ["owner", "other owner", "personal"] {
        borrowers.push(operation(world, &mut owner, name).await);
    }
    for _ in 0..INTERLEAVINGS {
        let ending = ENDINGS[rand::random_range(0..ENDINGS.len())];
        let borrower = &borrowers[rand::random_range(0..borrowers.len())];
        let ended = tokio::spawn(borrow_and_end(db.clone(), borrower.clone(), ending)).await;
        assert_eq!(
            ended.is_err(),
            matches!(ending, Ending::Panics),
            "{ending:?}: {ended:?}"
        );

        let mut bare = db.auth().await.unwrap();
        let (keys, settings): (i64, String) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM api_keys), concat(current_setting('inventiv.user_id', true),
                current_setting('inventiv.organization_id', true), current_setting('inventiv.personal_user_id', true),
                current_setting('inventiv.platform', true))",
        )
        .fetch_one(bare.conn())
        .await
        .unwrap();
        assert_eq!((keys, settings.as_str()), (0, ""), "after {ending:?}");
        drop(bare);

        let next = &borrowers[rand::random_range(0..borrowers.len())];
        let authorized = next.require(Permission::ApiKeyRead).unwrap();
        let mut tx = db.read(&authorized).await.unwrap();
        assert_eq!(visible_key_tenants(&mut tx).await, [next.tenant()], "after {ending:?}");
    }
    db.close().await;
}

#[tokio::test]
async fn aborted_requests_leave_nothing_behind_wherever_they_stop() {
    let world = World::shared().await;
    let options = world.copy().await;
    let mut owner = options.connect().await.unwrap();
    let db = Db::connect(options.clone(), options, PoolSizes { app: 1, system: 1 }, master())
        .await
        .unwrap();
    let borrower = operation(world, &mut owner, "owner").await;
    for stop_after in 0..60 {
        let task = tokio::spawn(borrow_and_end(db.clone(), borrower.clone(), Ending::Commits));
        for _ in 0..stop_after {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        let mut bare = tokio::time::timeout(Duration::from_secs(30), db.auth())
            .await
            .unwrap()
            .unwrap();
        let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM api_keys")
            .fetch_one(bare.conn())
            .await
            .unwrap();
        assert_eq!(keys, 0, "after an abort at step {stop_after}");
    }
    db.close().await;
}

#[tokio::test]
async fn a_cached_plan_serves_each_tenant_its_own_rows() {
    let world = World::shared().await;
    let options = world.copy().await;
    let (alpha, bravo) = (world.side(Side::Alpha), world.side(Side::Bravo));
    for mode in ["auto", "force_generic_plan"] {
        let mut connection = options.connect().await.unwrap();
        connection.execute("SET ROLE inventiv_app").await.unwrap();
        connection
            .execute(sqlx::AssertSqlSafe(format!("SET plan_cache_mode = {mode}")))
            .await
            .unwrap();
        for (table, class) in TABLES.iter().filter(|(_, class)| !class.tenant_columns().is_empty()) {
            let column = class.tenant_columns()[0];
            let readable: bool = sqlx::query_scalar("SELECT has_table_privilege($1, 'SELECT')")
                .bind(table)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            if !readable {
                continue;
            }
            // sqlx prepares it once per connection and runs the same prepared statement from then on.
            let statement = format!(
                "SELECT {column} FROM {table} WHERE {column} <> '00000000-0000-0000-0000-000000000000' GROUP BY {column}"
            );
            for tenant in [alpha.tenant, bravo.tenant, alpha.tenant] {
                for _ in 0..8 {
                    let mut tx = connection.begin().await.unwrap();
                    sqlx::query("SELECT set_config('inventiv.organization_id', $1, true)")
                        .bind(tenant.to_string())
                        .execute(&mut *tx)
                        .await
                        .unwrap();
                    let seen: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement.clone()))
                        .fetch_all(&mut *tx)
                        .await
                        .unwrap();
                    assert_eq!(seen, [tenant], "{table} under {mode}");
                    tx.commit().await.unwrap();
                }
            }
        }
        let executed: i64 = sqlx::query_scalar(
            "SELECT max(generic_plans + custom_plans) FROM pg_prepared_statements WHERE statement LIKE '%GROUP BY%'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert!(executed >= 24, "the statement was prepared once and reused: {executed}");
    }
}

#[tokio::test]
async fn a_connection_that_the_server_ends_is_unavailable_and_worth_another_try() {
    let server = TestServer::start().await;
    let ended = sqlx::query("SELECT pg_terminate_backend(pg_backend_pid())")
        .execute(&server.owner)
        .await
        .unwrap_err();
    let error = Error::from(ended);
    assert_eq!((error.kind, error.retry_after_seconds), (Kind::Unavailable, Some(2)));
}
