//! How many instances there are is kept, and is what counting would say.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds changes open on connections of its own"
)]

use sqlx::{Executor as _, PgPool};

use crate::harness::TestServer;
use crate::plans::INSTANCES;

/// Some instances of an organization, in few groups.
async fn some() -> TestServer {
    let server = TestServer::quiet().await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Counted").await;
    sqlx::query(INSTANCES)
        .bind(organization)
        .bind(300)
        .execute(&server.owner)
        .await
        .unwrap();
    server
}

async fn is_true(owner: &PgPool) {
    let differences: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT tenant, status, model_id, instance_type_id, zone_id, count(*) AS instances FROM instances GROUP BY 1, 2, 3, 4, 5) AS counted
         FULL JOIN (SELECT tenant, status, model_id, instance_type_id, zone_id, sum(instances) AS instances FROM instance_counts
             GROUP BY 1, 2, 3, 4, 5 HAVING sum(instances) <> 0) AS kept
         USING (tenant, status, model_id, instance_type_id, zone_id, instances) WHERE counted IS NULL OR kept IS NULL",
    )
    .fetch_one(owner)
    .await
    .unwrap();
    assert_eq!(differences, 0);
    let (counted, kept): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM instances), (SELECT COALESCE(sum(instances), 0)::bigint FROM instance_counts)",
    )
    .fetch_one(owner)
    .await
    .unwrap();
    assert!(counted > 0 && counted == kept, "{counted} instances, {kept} kept");
}

#[tokio::test]
async fn numbers_follow_what_is_added_changed_and_removed() {
    let server = some().await;
    is_true(&server.owner).await;
    for change in [
        "UPDATE instances SET status = 'ready' WHERE status = 'failed'",
        "UPDATE instances SET status = status",
        "UPDATE instances SET desired_state = 'terminated'",
        "DELETE FROM instances WHERE id IN (SELECT id FROM instances LIMIT 10)",
    ] {
        server.owner.execute(change).await.unwrap();
        is_true(&server.owner).await;
    }
}

#[tokio::test]
async fn changes_at_once_neither_wait_for_each_other_nor_get_lost() {
    let server = some().await;
    let mut open = Vec::new();
    for place in 0..3 {
        let mut tx = server.owner.begin().await.unwrap();
        tx.execute("SET LOCAL lock_timeout = '5s'").await.unwrap();
        sqlx::query(
            "UPDATE instances SET status = 'ready'
             WHERE id = (SELECT id FROM instances WHERE status = 'archived' ORDER BY created_at LIMIT 1 OFFSET $1)",
        )
        .bind(place)
        .execute(&mut *tx)
        .await
        .unwrap();
        open.push(tx);
    }
    open.pop().unwrap().rollback().await.unwrap();
    for tx in open {
        tx.commit().await.unwrap();
    }
    is_true(&server.owner).await;
    let ready: i64 = sqlx::query_scalar("SELECT sum(instances)::bigint FROM instance_counts WHERE status = 'ready'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(ready, 2);
}
