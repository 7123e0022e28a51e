//! What a check in a handler cannot promise: the last owner stays, and no write commits after the demotion of who wrote it.

#![expect(clippy::disallowed_methods, reason = "tests of connections hold some themselves")]

use std::io::Write as _;
use std::time::Duration;

use inventiv_server::permissions::Role;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use crate::harness::{TestServer, eventually};

async fn application(options: &PgConnectOptions, organization: Uuid) -> PgConnection {
    let mut connection = options.connect().await.unwrap();
    connection.execute("SET ROLE inventiv_app").await.unwrap();
    sqlx::query("SELECT set_config('inventiv.organization_id', $1, false)")
        .bind(organization.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// Two owners run a statement each at the same time; how many commits succeed?
async fn race(server: &TestServer, organization: Uuid, statements: [String; 2]) -> usize {
    let options = server.owner.connect_options();
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let mut tasks = tokio::task::JoinSet::new();
    for statement in statements {
        let (options, barrier) = ((*options).clone(), barrier.clone());
        tasks.spawn(async move {
            let mut connection = application(&options, organization).await;
            let mut tx = connection.begin().await.unwrap();
            let done = tx.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
            assert_eq!(done.rows_affected(), 1);
            // Both have changed their row before either commits: each sees the other still as an owner.
            barrier.wait().await;
            tx.commit().await
        });
    }
    let outcomes = tasks.join_all().await;
    for outcome in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let constraint = outcome.as_database_error().and_then(|error| error.constraint());
        assert_eq!(constraint, Some("organization_last_owner"), "{outcome}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

/// What every change of memberships does first (`Db::write_to_organization`).
async fn lock_organization(conn: &mut PgConnection) {
    conn.execute("SELECT 1 FROM organizations FOR NO KEY UPDATE")
        .await
        .unwrap();
}

async fn owners(server: &TestServer, organization: Uuid) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM organization_memberships WHERE organization_id = $1 AND role = 'owner'")
        .bind(organization)
        .fetch_one(&server.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn two_owners_who_demote_each_other_leave_one() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Owner).await;
    let demote = |id: Uuid| format!("UPDATE organization_memberships SET role = 'user' WHERE user_id = '{id}'");
    for _ in 0..10 {
        assert_eq!(race(&server, organization, [demote(alice.id), demote(bob.id)]).await, 1);
        assert_eq!(owners(&server, organization).await, 1);
        server
            .owner
            .execute("UPDATE organization_memberships SET role = 'owner'")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn two_owners_who_leave_at_once_leave_one() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let leave = |id: Uuid| format!("DELETE FROM organization_memberships WHERE user_id = '{id}'");
    for number in 0..5 {
        alice.client = server.sign_in(&alice.email).await;
        let organization = server.organization(&mut alice, &format!("Acme {number}")).await;
        let bob = server.member(organization, &format!("bob{number}"), Role::Owner).await;
        assert_eq!(race(&server, organization, [leave(alice.id), leave(bob.id)]).await, 1);
        assert_eq!(owners(&server, organization).await, 1);
    }
}

#[tokio::test]
async fn an_owner_who_leaves_while_the_other_is_demoted_does_not_orphan_the_organization() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Owner).await;
    let statements = [
        format!("DELETE FROM organization_memberships WHERE user_id = '{}'", alice.id),
        format!(
            "UPDATE organization_memberships SET role = 'admin' WHERE user_id = '{}'",
            bob.id
        ),
    ];
    assert_eq!(race(&server, organization, statements).await, 1);
    assert_eq!(owners(&server, organization).await, 1);
}

#[tokio::test]
async fn an_organization_cannot_be_founded_without_an_owner() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let mut connection = server.owner.acquire().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    sqlx::query("INSERT INTO organizations (id, name, slug, color, created_by_user_id, created_at, updated_at) VALUES ($1, 'X', 'x', '#000000', $2, now(), now())")
        .bind(inventiv_server::ids::new_id())
        .bind(alice.id)
        .execute(&mut *tx)
        .await
        .unwrap();
    let error = tx.commit().await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("organization_last_owner"));
}

#[tokio::test]
async fn a_write_under_way_makes_the_demotion_wait_and_a_later_one_is_refused() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Admin).await;

    // The demotion is under way and not committed: bob's write must wait for it, and then be refused.
    let mut connection = server.owner.acquire().await.unwrap();
    let mut demotion = connection.begin().await.unwrap();
    lock_organization(&mut demotion).await;
    sqlx::query("UPDATE organization_memberships SET role = 'user' WHERE user_id = $1")
        .bind(bob.id)
        .execute(&mut *demotion)
        .await
        .unwrap();
    let client = bob.client.clone();
    let write = tokio::spawn(async move { client.post("/api_keys", json!({"name": "Late"})).await });
    eventually("the write waits for the lock", || async {
        let waiting: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND query LIKE '%lock_actor%')",
        )
        .fetch_one(&server.owner)
        .await
        .unwrap();
        waiting.then_some(())
    })
    .await;
    assert!(!write.is_finished());
    demotion.commit().await.unwrap();
    drop(connection);
    assert_eq!(write.await.unwrap().expect(403).code(), "forbidden");
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM api_keys")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn no_write_commits_after_the_demotion_of_who_wrote_it() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Admin).await;
    // Each write leaves its own name; the demotion notes which was last when it committed.
    for round in 0..5 {
        server
            .owner
            .execute("UPDATE organization_memberships SET role = 'admin' WHERE role <> 'owner'")
            .await
            .unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..3 {
            let client = bob.client.clone();
            writers.spawn(async move {
                let mut refused = None;
                for number in 0..40 {
                    let name = format!("{round}-{writer}-{number}");
                    let answer = client.patch("/organizations/current", json!({"name": name})).await;
                    match answer.status {
                        200 => assert_eq!(refused, None, "a write succeeded after one was refused"),
                        403 => refused = refused.or(Some(std::time::Instant::now())),
                        status => panic!("{status}: {}", answer.text),
                    }
                }
                refused
            });
        }
        tokio::time::timeout(
            Duration::from_secs(30),
            eventually("somebody wrote", || async {
                let name: String = sqlx::query_scalar("SELECT name FROM organizations")
                    .fetch_one(&server.owner)
                    .await
                    .unwrap();
                name.starts_with(&format!("{round}-")).then_some(())
            }),
        )
        .await
        .unwrap();
        let mut connection = server.owner.acquire().await.unwrap();
        let mut demotion = connection.begin().await.unwrap();
        lock_organization(&mut demotion).await;
        sqlx::query("UPDATE organization_memberships SET role = 'user' WHERE user_id = $1")
            .bind(bob.id)
            .execute(&mut *demotion)
            .await
            .unwrap();
        // From here on the demotion holds bob's row: what he wrote is committed, or waits to be refused.
        let at_demotion: String = sqlx::query_scalar("SELECT name FROM organizations")
            .fetch_one(&server.owner)
            .await
            .unwrap();
        demotion.commit().await.unwrap();
        let committed = std::time::Instant::now();
        drop(connection);
        let refusals = writers.join_all().await;
        let afterwards: String = sqlx::query_scalar("SELECT name FROM organizations")
            .fetch_one(&server.owner)
            .await
            .unwrap();
        assert_eq!(afterwards, at_demotion, "a write committed after the demotion");
        for refused in refusals.into_iter().flatten() {
            let delay = refused.saturating_duration_since(committed);
            writeln!(std::io::stderr(), "first refusal {delay:?} after the demotion's commit").unwrap();
        }
    }
}
