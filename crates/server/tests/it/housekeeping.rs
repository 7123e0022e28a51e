//! What is past its time is removed, and nothing else.

use chrono::Duration;
use serde_json::json;

use crate::harness::TestServer;

async fn counts(server: &TestServer) -> (i64, i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM user_sessions), (SELECT count(*) FROM login_throttles)",
    )
    .fetch_one(&server.owner)
    .await
    .unwrap()
}

#[tokio::test]
async fn rows_past_their_time_are_removed_and_younger_ones_stay() {
    let server = TestServer::start().await;
    let person = server.person("person").await;
    let wrong = json!({"login": "person", "password": "wrong horse battery"});
    server.anonymous().post("/auth/login", wrong).await.expect(401);
    let keyed = person.client.with_header("idempotency-key", "once");
    keyed.post("/organizations", json!({"name": "Acme"})).await.expect(201);
    let (answers, sessions, throttles) = counts(&server).await;
    assert!(answers == 1 && sessions == 1 && throttles >= 1);

    server.program.core.clock.advance(Duration::hours(23));
    assert_eq!(server.program.housekeeping().tidy().await.unwrap(), 0);
    server.program.core.clock.advance(Duration::hours(2));
    assert_eq!(server.program.housekeeping().tidy().await.unwrap(), 1);
    assert_eq!(counts(&server).await, (0, 1, throttles));
    // Limits are a day at most, and counters outlive them.
    server.program.core.clock.advance(Duration::hours(24));
    assert_eq!(server.program.housekeeping().tidy().await.unwrap(), throttles as u64);
    assert_eq!(counts(&server).await, (0, 1, 0));
    // A session lives thirty days at most, and is remembered thirty more.
    server.program.core.clock.advance(Duration::days(57));
    assert_eq!(server.program.housekeeping().tidy().await.unwrap(), 0);
    server.program.core.clock.advance(Duration::days(2));
    assert_eq!(server.program.housekeeping().tidy().await.unwrap(), 1);
}
