//! A key and the one that takes its place, at the gateway and in the books.

use chrono::Duration;
use serde_json::json;

use super::world::{Engine, InstanceRow, MODEL, PLATFORM, chat};
use crate::harness::{Answer, TestServer, eventually};

#[tokio::test]
async fn both_keys_work_until_the_overlap_ends_and_reports_tell_them_apart() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let model = server.model(PLATFORM, MODEL).await;
    server
        .instance(InstanceRow::ready(organization, PLATFORM, model, engine.address))
        .await;
    let caller = |key: &Answer| server.anonymous().with_token(key.json["key"].as_str().unwrap());
    let ask = || chat(json!({"tokens": 3}));

    let old = alice.client.post("/api_keys", json!({"name": "ci"})).await.expect(201);
    caller(&old).post("/v1/chat/completions", ask()).await.expect(200);
    let path = format!("/api_keys/{}/rotate", old.json["id"].as_str().unwrap());
    let new = alice
        .client
        .post(&path, json!({"overlap_seconds": 3600}))
        .await
        .expect(201);
    for key in [&old, &new] {
        caller(key).post("/v1/chat/completions", ask()).await.expect(200);
    }
    server.usage(3).await;
    let report = alice.client.get("/finops/usage?group_by=key").await.expect(200);
    let line = |key: &Answer| {
        let items = report.json["items"].as_array().unwrap();
        items.iter().find(|item| item["key"] == key.json["id"]).unwrap().clone()
    };
    assert_eq!(
        (&line(&old)["label"], &line(&old)["requests"]),
        (&json!("ci"), &json!(2))
    );
    assert_eq!(
        (&line(&new)["label"], &line(&new)["requests"]),
        (&json!("ci"), &json!(1))
    );
    assert_eq!(
        line(&old)["api_key"],
        json!({"prefix": old.json["prefix"], "replaced": true})
    );
    assert_eq!(
        line(&new)["api_key"],
        json!({"prefix": new.json["prefix"], "replaced": false})
    );
    assert!(report.json["total"].get("api_key").is_none());

    server.program.core.clock.advance(Duration::hours(2));
    caller(&old).get("/v1/models").await.expect(401);
    caller(&new).get("/v1/models").await.expect(200);
}

#[tokio::test]
async fn without_overlap_the_key_before_is_refused_as_soon_as_the_news_arrives() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let old = alice.client.post("/api_keys", json!({"name": "ci"})).await.expect(201);
    let before = server.anonymous().with_token(old.json["key"].as_str().unwrap());
    // Known to the gateway, so that it has something to forget.
    for _ in 0..3 {
        before.get("/v1/models").await.expect(200);
    }
    let path = format!("/api_keys/{}/rotate", old.json["id"].as_str().unwrap());
    let new = alice
        .client
        .post(&path, json!({"overlap_seconds": 0}))
        .await
        .expect(201);
    eventually("the key before is refused", || async {
        (before.get("/v1/models").await.status == 401).then_some(())
    })
    .await;
    let after = server.anonymous().with_token(new.json["key"].as_str().unwrap());
    after.get("/v1/models").await.expect(200);
}
