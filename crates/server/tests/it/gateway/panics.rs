//! A task that panics is one task: the others go on, and so do requests.

use std::time::Duration;

use inventiv_server::plumbing::background::{Rhythm, Round, Task};
use inventiv_server::plumbing::config::ServerRole;
use serde_json::json;

use super::world::{Engine, InstanceRow, MODEL, PLATFORM, chat};
use crate::harness::{TestServer, eventually};

fn fragile() -> Task {
    let often = Rhythm::every(Duration::from_millis(10));
    let task = Task::rounds("fragile", &[ServerRole::Orchestrator], often, |_| async {
        if true {
            panic!("made to panic");
        }
        Ok(Round::Idle)
    });
    task.back_within(Duration::from_millis(10))
}

#[tokio::test]
async fn reconciling_usage_and_the_revocation_of_keys_go_on_while_a_task_panics() {
    let mut server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    let engine = Engine::start().await;
    let model = server.model(PLATFORM, MODEL).await;
    server.price(PLATFORM, model).await;
    server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, model, engine.address))
        .await;
    server.also_run(fragile());
    let down = eventually("the task is shown to be down", async || {
        let answer = server.anonymous().get("/readyz").await.expect(200);
        answer.text.contains("fragile").then_some(answer.text)
    })
    .await;
    assert!(down.starts_with("ok\nfragile is down for "), "{down}");

    let key = admin.client.post("/api_keys", json!({"name": "k"})).await.expect(201);
    let caller = server.anonymous().with_token(key.json["key"].as_str().unwrap());
    caller.post("/v1/chat/completions", chat(json!({}))).await.expect(200);
    server.usage(1).await;

    let id = |query: &'static str| sqlx::query_scalar::<_, uuid::Uuid>(query).fetch_one(&server.owner);
    let deployment = json!({
        "model_id": id("SELECT id FROM models WHERE model_id = 'mock/echo'").await.unwrap(),
        "instance_type_id": id("SELECT id FROM instance_types WHERE code = 'mock-l4-1'").await.unwrap(),
        "zone_id": id("SELECT id FROM zones WHERE code = 'mock-paris-1'").await.unwrap(),
    });
    let deployed = admin.client.post("/deployments", deployment).await.expect(202);
    let path = format!("/instances/{}", deployed.json["instance_id"].as_str().unwrap());
    eventually("the instance is moved along", async || {
        let instance = admin.client.get(&path).await.expect(200).json;
        (instance["status"] != "provisioning").then_some(())
    })
    .await;

    let path = format!("/api_keys/{}", key.json["id"].as_str().unwrap());
    admin.client.delete(&path).await.expect(204);
    eventually("the key is refused", async || {
        (caller.get("/v1/models").await.status == 401).then_some(())
    })
    .await;
    let still = server.anonymous().get("/readyz").await.expect(200).text;
    assert!(still.contains("fragile is down for "), "{still}");
}
