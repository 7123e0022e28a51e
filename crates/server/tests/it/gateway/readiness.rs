//! Ready is who can do the work of its roles.

use chrono::TimeDelta;
use inventiv_server::plumbing::config::ServerRole;
use serde_json::json;

use super::world::chat;
use crate::harness::{TestServer, eventually};

/// What it can't do, once it says so.
async fn obstacle(server: &TestServer) -> String {
    eventually("it says that it isn't ready", async || {
        let answer = server.anonymous().get("/readyz").await;
        (answer.status == 503).then(|| answer.json["detail"].as_str().unwrap().to_owned())
    })
    .await
}

async fn with_role(role: ServerRole) -> TestServer {
    let server = TestServer::start_with(|config| config.roles = vec![role]).await;
    eventually("it is ready", async || {
        (server.anonymous().get("/readyz").await.status == 200).then_some(())
    })
    .await;
    server
}

#[tokio::test]
async fn a_gateway_whose_journal_cannot_be_written_is_not_ready_until_it_can() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = server.with_key(&alice.client).await;
    server.anonymous().get("/readyz").await.expect(200);
    let (journal, elsewhere) = (
        server.data_dir.path().join("journal"),
        server.data_dir.path().join("elsewhere"),
    );
    std::fs::rename(&journal, &elsewhere).unwrap();
    // Nobody had to ask for an answer to find out.
    let said = obstacle(&server).await;
    assert!(said.starts_with("usage_journal: "), "{said}");
    key.post("/v1/chat/completions", chat(json!({}))).await.expect(503);
    std::fs::rename(&elsewhere, &journal).unwrap();
    eventually("it is ready again", async || {
        (server.anonymous().get("/readyz").await.status == 200).then_some(())
    })
    .await;
    key.post("/v1/chat/completions", chat(json!({}))).await.expect(404);
}

#[tokio::test]
async fn a_journal_is_nothing_to_a_process_that_serves_no_inference() {
    let server = with_role(ServerRole::Api).await;
    std::fs::remove_dir_all(server.data_dir.path().join("journal")).unwrap();
    eventually("the journal is found to be gone", async || {
        (!server.program.usage.journal().is_writable()).then_some(())
    })
    .await;
    server.anonymous().get("/readyz").await.expect(200);
}

#[tokio::test]
async fn without_a_database_the_api_is_not_ready_and_the_gateway_goes_on_with_what_it_knows() {
    let api = with_role(ServerRole::Api).await;
    let gateway = with_role(ServerRole::Gateway).await;
    api.program.core.db.close().await;
    gateway.program.core.db.close().await;
    let said = obstacle(&api).await;
    assert!(said.starts_with("database: "), "{said}");
    eventually("the routing table cannot be renewed", async || {
        let answer = gateway.anonymous().get("/readyz").await.expect(200);
        answer.text.contains("routing_table is down").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_orchestrator_that_looks_at_no_instance_for_a_minute_is_not_ready() {
    let server = with_role(ServerRole::Orchestrator).await;
    server.program.core.db.close().await;
    eventually("rounds fail", async || {
        let answer = server.anonymous().get("/readyz").await.expect(200);
        answer.text.contains("instances is down").then_some(())
    })
    .await;
    server.program.core.clock.advance(TimeDelta::seconds(61));
    let said = obstacle(&server).await;
    assert!(said.starts_with("instances: "), "{said}");
}
