//! A deployment goes on wherever the program died, and a server is never made twice.

use providers::Operation;
use providers::mock::{Fault, FaultPlan, MockCloud, MockCloudConfig, PlannedFault};
use reqwest::Method;
use serde_json::{Value, json};

use crate::program::{Installation, eventually, worker_binary};

async fn id_of(installation: &Installation, list: &str, field: &str, value: &str) -> Value {
    let items = installation.get(list).await["items"].clone();
    let found = items.as_array().unwrap().iter().find(|item| item[field] == value);
    found.unwrap_or_else(|| panic!("no {value} in {list}"))["id"].clone()
}

pub async fn deploy(installation: &Installation) -> String {
    let request = json!({
        "model_id": id_of(installation, "/models?q=mock/echo", "model_id", "mock/echo").await,
        "instance_type_id": id_of(installation, "/instance_types", "code", "mock-cpu-1").await,
        "zone_id": id_of(installation, "/zones", "code", "mock-paris-1").await,
    });
    let answer = installation
        .try_send(Method::POST, "/deployments", Some(&request))
        .await;
    answer.unwrap()["instance_id"].as_str().unwrap().to_owned()
}

pub async fn reaches(installation: &Installation, id: &str, status: &str) -> Value {
    let path = format!("/instances/{id}");
    eventually(
        &format!("the instance is {status}"),
        installation,
        async |installation| {
            let instance = installation.try_send(Method::GET, &path, None).await?;
            (instance["status"] == status).then_some(instance)
        },
    )
    .await
}

/// Everything the cloud ever made for the instance.
async fn servers_made(installation: &Installation, id: &str) -> Vec<String> {
    let config = MockCloudConfig::new(installation.mock_directory(), worker_binary());
    let cloud = MockCloud::open(config).await.unwrap();
    cloud.created_servers(id.parse().unwrap()).await.unwrap()
}

async fn survives_a_crash_at(edge: &str) {
    let mut installation = Installation::new();
    installation.start(Some(edge)).await;
    let id = deploy(&installation).await;
    let died = installation.dies().await;
    assert!(!died.success(), "it died at {edge}");
    installation.start(None).await;
    let ready = reaches(&installation, &id, "ready").await;
    let made = servers_made(&installation, &id).await;
    assert_eq!(
        made,
        [ready["provider_instance_id"].as_str().unwrap()],
        "exactly one server, and it is ours"
    );
    assert!(installation.stop().await.success());
}

#[tokio::test]
async fn a_crash_after_the_intent_was_written_leaves_one_server() {
    survives_a_crash_at("intended").await;
}

#[tokio::test]
async fn a_crash_before_the_order_went_out_leaves_one_server() {
    survives_a_crash_at("sent").await;
}

#[tokio::test]
async fn a_crash_after_the_server_was_made_leaves_one_server() {
    survives_a_crash_at("effective").await;
}

#[tokio::test]
async fn a_crash_before_the_server_was_started_leaves_one_server() {
    survives_a_crash_at("confirmed").await;
}

#[tokio::test]
async fn a_crash_after_the_server_was_started_leaves_one_server() {
    survives_a_crash_at("started").await;
}

#[tokio::test]
async fn a_crash_after_the_transition_leaves_one_server() {
    survives_a_crash_at("booting").await;
}

/// Operations at providers without an outcome.
async fn open_intents(installation: &Installation) -> i64 {
    let mut connection = installation.database().await;
    sqlx::query_scalar("SELECT count(*) FROM cloud_operations WHERE state IN ('intended', 'sent', 'unknown')")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_crash_after_a_deletion_was_asked_for_leaves_no_intent_open() {
    let mut installation = Installation::new();
    installation.start(Some("deleted")).await;
    let id = deploy(&installation).await;
    reaches(&installation, &id, "ready").await;
    let path = format!("/instances/{id}");
    installation.try_send(Method::DELETE, &path, None).await;
    assert!(!installation.dies().await.success(), "it died at deleted");
    installation.start(None).await;
    assert_eq!(
        open_intents(&installation).await,
        1,
        "the crash came before the outcome"
    );
    reaches(&installation, &id, "terminated").await;
    assert_eq!(open_intents(&installation).await, 0);
}

#[tokio::test]
async fn slow_and_lost_answers_lead_to_one_server_and_no_stock_to_a_plain_refusal() {
    let mut installation = Installation::new();
    installation.start(None).await;
    let slow = PlannedFault {
        operation: Operation::CreateServer,
        fault: Fault::Slow,
        times: 1,
        delay_ms: Some(1_000),
    };
    let plan = FaultPlan::default()
        .with(slow)
        .once(Operation::CreateServer, Fault::LostAnswer)
        .once(Operation::CreateServer, Fault::OutOfStock);
    plan.write(&installation.mock_directory()).unwrap();
    for _ in 0..2 {
        let id = deploy(&installation).await;
        reaches(&installation, &id, "ready").await;
        assert_eq!(servers_made(&installation, &id).await.len(), 1);
    }
    let id = deploy(&installation).await;
    let failed = reaches(&installation, &id, "provisioning_failed").await;
    assert_eq!(failed["error_code"], "out_of_stock");
    assert!(servers_made(&installation, &id).await.is_empty());
}

#[tokio::test]
async fn an_instance_is_ready_again_after_a_restart_of_the_program() {
    let mut installation = Installation::new();
    installation.start(None).await;
    let id = deploy(&installation).await;
    let before = reaches(&installation, &id, "ready").await;
    assert!(installation.stop().await.success());
    installation.start(None).await;
    let path = format!("/instances/{id}");
    let again = eventually(
        "a heartbeat of the machine that booted again",
        &installation,
        async |installation| {
            let instance = installation.try_send(Method::GET, &path, None).await?;
            let heard = instance["last_heartbeat_at"].as_str() > before["last_heartbeat_at"].as_str();
            (heard && instance["status"] == "ready").then_some(instance)
        },
    )
    .await;
    assert_eq!(again["provider_instance_id"], before["provider_instance_id"]);
}
