//! Deploying, watching, activating and ending instances, with the real worker on the Mock cloud.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds rows locked on a connection of its own"
)]

use std::os::unix::fs::PermissionsExt as _;

use chrono::Duration;
use inventiv_server::features::instances::mock_directory;
use inventiv_server::features::worker_tokens::bootstrap_token;
use inventiv_server::permissions::Role;
use inventiv_server::plumbing::config::{Config, ServerRole};
use inventiv_server::plumbing::db::PoolSizes;
use providers::Operation;
use providers::mock::{Fault, FaultPlan};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Client, TestServer, eventually, fresh_database};

/// What the tests deploy, from the catalogue that ships with the program.
struct Catalogue {
    model: Uuid,
    /// Needs 80 GB or more.
    large_model: Uuid,
    /// 24 GB.
    gpu: Uuid,
    zone: Uuid,
}

impl Catalogue {
    async fn read(server: &TestServer) -> Self {
        let one =
            async |query: &'static str| -> Uuid { sqlx::query_scalar(query).fetch_one(&server.owner).await.unwrap() };
        Self {
            model: one("SELECT id FROM models WHERE model_id = 'mock/echo'").await,
            large_model: one("SELECT id FROM models WHERE required_vram_gb >= 80 ORDER BY model_id LIMIT 1").await,
            gpu: one("SELECT id FROM instance_types WHERE code = 'mock-l4-1'").await,
            zone: one("SELECT id FROM zones WHERE code = 'mock-paris-1'").await,
        }
    }

    fn request(&self) -> Value {
        json!({"model_id": self.model, "instance_type_id": self.gpu, "zone_id": self.zone})
    }
}

async fn deploy(client: &Client, catalogue: &Catalogue) -> String {
    let answer = client.post("/deployments", catalogue.request()).await.expect(202);
    answer.json["instance_id"].as_str().unwrap().to_owned()
}

async fn instance(client: &Client, id: &str) -> Value {
    client.get(&format!("/instances/{id}")).await.expect(200).json
}

async fn reaches(client: &Client, id: &str, status: &str) -> Value {
    eventually(&format!("the instance is {status}"), || async {
        let instance = instance(client, id).await;
        (instance["status"] == status).then_some(instance)
    })
    .await
}

fn plan(server: &TestServer, plan: &FaultPlan) {
    plan.write(&mock_directory(server.data_dir.path())).unwrap();
}

async fn servers_made(server: &TestServer, id: &str) -> usize {
    let cloud = server.program.instances.mock_cloud().unwrap();
    cloud.created_servers(id.parse().unwrap()).await.unwrap().len()
}

/// Cost segments of an instance: all, and those that still run.
async fn segments(server: &TestServer, id: &str) -> (i64, i64) {
    sqlx::query_as("SELECT count(*), count(*) FILTER (WHERE upper_inf(period)) FROM instance_cost_segments WHERE instance_id = $1::uuid")
        .bind(id)
        .fetch_one(&server.owner)
        .await
        .unwrap()
}

async fn history(client: &Client, id: &str) -> Vec<String> {
    let items = client.get(&format!("/instances/{id}/history")).await.expect(200).json["items"].clone();
    let statuses = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["to_status"].as_str().unwrap().to_owned());
    statuses.collect()
}

/// Status by SQL: sessions end when a test lets an hour pass.
async fn status_becomes(server: &TestServer, id: &str, wanted: &str) {
    eventually(&format!("the instance is {wanted}"), || async {
        let status: String = sqlx::query_scalar("SELECT status FROM instances WHERE id = $1::uuid")
            .bind(id)
            .fetch_one(&server.owner)
            .await
            .unwrap();
        (status == wanted).then_some(())
    })
    .await
}

#[tokio::test]
async fn a_deployment_becomes_ready_and_ends_with_nothing_left_and_no_cost_running() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;

    let id = deploy(&owner.client, &catalogue).await;
    let ready = reaches(&owner.client, &id, "ready").await;
    assert_eq!(
        (&ready["progress_percent"], &ready["progress_step"]),
        (&json!(100), &json!("ready"))
    );
    assert_eq!(ready["scope"], "organization");
    assert_eq!(ready["organization_id"], organization.to_string());
    assert_eq!(ready["cost_per_hour_eur"], "0.7875");
    assert_eq!(ready["missing_activations"], json!(["tech", "eco"]));
    assert_eq!(ready["error_code"], Value::Null);
    assert!(ready["billed_since"].is_string() && ready["last_heartbeat_at"].is_string());
    assert_eq!(segments(&server, &id).await, (1, 1));
    assert_eq!(servers_made(&server, &id).await, 1);

    owner.client.delete(&format!("/instances/{id}")).await.expect(202);
    let ended = reaches(&owner.client, &id, "terminated").await;
    assert!(ended["terminated_at"].is_string());
    assert_eq!(ended["desired_state"], "terminated");
    assert_eq!(segments(&server, &id).await, (1, 0));
    let again = owner.client.delete(&format!("/instances/{id}")).await.expect(202);
    assert_eq!(again.json["status"], "terminated", "asking again changes nothing");
    let left = server
        .program
        .instances
        .cloud("mock")
        .unwrap()
        .list_servers("mock-paris-1")
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
    let steps = [
        "provisioning",
        "booting",
        "installing",
        "starting",
        "ready",
        "draining",
        "terminating",
        "terminated",
    ];
    assert_eq!(history(&owner.client, &id).await, steps);
}

#[tokio::test]
async fn a_model_of_another_engine_becomes_ready_on_the_mock_cloud_too() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let large: Uuid = sqlx::query_scalar("SELECT id FROM instance_types WHERE code = 'mock-h100-8'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    let request = json!({"model_id": catalogue.large_model, "instance_type_id": large, "zone_id": catalogue.zone});
    let answer = owner.client.post("/deployments", request).await.expect(202);
    reaches(&owner.client, answer.json["instance_id"].as_str().unwrap(), "ready").await;
}

#[tokio::test]
async fn technical_and_economic_activation_are_two_acts_by_different_people_and_audited() {
    let server = TestServer::start_with(without_orchestrator).await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let admin = server.member(organization, "adam", Role::Admin).await;
    let manager = server.member(organization, "mona", Role::Manager).await;
    let user = server.member(organization, "ulf", Role::User).await;
    let id = deploy(&admin.client, &catalogue).await;
    let (tech, eco) = (
        format!("/instances/{id}/activation/tech"),
        format!("/instances/{id}/activation/eco"),
    );
    let on = json!({"active": true});

    for (client, path, permission) in [
        (&admin.client, &eco, "instance.activate_eco"),
        (&manager.client, &tech, "instance.activate_tech"),
        (&user.client, &tech, "instance.activate_tech"),
        (&user.client, &eco, "instance.activate_eco"),
    ] {
        let refused = client.put(path, on.clone()).await.expect(403);
        assert_eq!(refused.json["permission"], permission);
    }
    let half = admin.client.put(&tech, on.clone()).await.expect(200).json;
    assert_eq!(
        (&half["missing_activations"], &half["is_operational"]),
        (&json!(["eco"]), &json!(false))
    );
    assert_eq!(
        (&half["tech_activated_by"], &half["tech_activated_by_username"]),
        (&json!(admin.id), &json!("adam"))
    );
    let whole = manager.client.put(&eco, on.clone()).await.expect(200).json;
    assert_eq!(
        (&whole["missing_activations"], &whole["is_operational"]),
        (&json!([]), &json!(true))
    );
    let repeated = owner.client.put(&tech, on).await.expect(200).json;
    assert_eq!(
        repeated["tech_activated_by"],
        admin.id.to_string(),
        "a flag that is set stays whose it is"
    );
    let off = owner.client.put(&eco, json!({"active": false})).await.expect(200).json;
    assert_eq!(
        (&off["eco_activated_by"], &off["is_operational"]),
        (&Value::Null, &json!(false))
    );
    let history = user
        .client
        .get(&format!("/instances/{id}/history"))
        .await
        .expect(200)
        .json;
    let told: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["reason"].as_str().unwrap(), entry["actor"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("requested", "adam"),
            ("tech_activated", "adam"),
            ("eco_activated", "mona"),
            ("eco_deactivated", "olga")
        ]
    );
    let wrong = owner.client.put(&eco, json!({"active": "yes"})).await.expect(422);
    assert_eq!(wrong.json["errors"][0]["field"], "active");

    let acts: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_log WHERE tenant = $1 AND target_type = 'instance' ORDER BY sequence",
    )
    .bind(organization)
    .fetch_all(&server.owner)
    .await
    .unwrap();
    assert_eq!(
        acts,
        [
            "instance.create",
            "instance.activate_tech",
            "instance.activate_eco",
            "instance.deactivate_eco"
        ]
    );
}

#[tokio::test]
async fn a_deployment_that_cannot_be_is_refused_by_field_and_changes_nothing() {
    let server = TestServer::start_with(without_orchestrator).await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let mut other = server.person("otto").await;
    server.organization(&mut other, "Other").await;
    let own = json!({"name": "Theirs", "model_id": "theirs", "engine": "mock", "required_vram_gb": 0, "context_length": 4096});
    let foreign = other.client.post("/models", own).await.expect(201).json["id"].clone();
    sqlx::query("UPDATE instance_type_zones SET is_available = false WHERE instance_type_id = $1 AND zone_id <> $2")
        .bind(catalogue.gpu)
        .bind(catalogue.zone)
        .execute(&server.owner)
        .await
        .unwrap();
    let elsewhere: Uuid = sqlx::query_scalar("SELECT id FROM zones WHERE code = 'mock-paris-2'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    let nobody = Uuid::from_u128(7);
    for (field, value, code) in [
        ("model_id", json!(nobody), "unknown"),
        ("model_id", foreign, "unknown"),
        ("model_id", json!("mock/echo"), "wrong_type"),
        ("instance_type_id", json!(nobody), "unknown"),
        ("zone_id", json!(nobody), "unknown"),
        ("zone_id", json!(elsewhere), "not_available"),
        ("flavour", json!("large"), "unknown_field"),
    ] {
        let mut request = catalogue.request();
        request[field] = value;
        let refused = owner.client.post("/deployments", request).await.expect(422);
        let error = &refused.json["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code)),
            "{}",
            refused.text
        );
    }
    let mut large = catalogue.request();
    large["model_id"] = json!(catalogue.large_model);
    let refused = owner.client.post("/deployments", large.clone()).await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "instance_type_id");
    assert_eq!(refused.json["errors"][0]["code"], "does_not_fit");
    let params = &refused.json["errors"][0]["params"];
    for (name, is_said) in [
        ("model", params["model"].is_string()),
        ("instance_type", params["instance_type"].is_string()),
    ] {
        assert!(is_said, "{name}: {}", refused.text);
    }
    assert!(
        params["needed_gb"].as_i64() > params["offered_gb"].as_i64(),
        "{}",
        refused.text
    );
    large["dry_run"] = json!(true);
    let preview = owner.client.post("/deployments", large).await.expect(200).json;
    assert_eq!(preview["fits"], false);
    assert!(preview["reasons"][0].as_str().unwrap().contains("24 GB"), "{preview}");
    let mut fitting = catalogue.request();
    fitting["dry_run"] = json!(true);
    let preview = owner.client.post("/deployments", fitting).await.expect(200).json;
    assert_eq!(
        (&preview["fits"], &preview["cost_per_hour_eur"]),
        (&json!(true), &json!("0.7875"))
    );
    let made: i64 = sqlx::query_scalar("SELECT count(*) FROM instances")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(made, 0);
}

#[tokio::test]
async fn a_model_that_is_deleted_during_a_deployment_is_not_deployed() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let mut deletion = server.owner.begin().await.unwrap();
    sqlx::query("UPDATE models SET deleted_at = now() WHERE id = $1")
        .bind(catalogue.model)
        .execute(&mut *deletion)
        .await
        .unwrap();
    let request = catalogue.request();
    let deployment = async { owner.client.post("/deployments", request).await };
    let commit = async {
        eventually("the deployment waits for the deletion", || async {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO instances%'",
            )
            .fetch_one(&server.owner)
            .await
            .unwrap();
            (waiting > 0).then_some(())
        })
        .await;
        deletion.commit().await.unwrap();
    };
    let (refused, ()) = tokio::join!(deployment, commit);
    assert_eq!(refused.expect(422).json["errors"][0]["field"], "model_id");
    let instances: i64 = sqlx::query_scalar("SELECT count(*) FROM instances")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(instances, 0);
}

#[tokio::test]
async fn the_same_idempotency_key_deploys_once() {
    let server = TestServer::start_with(without_orchestrator).await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let client = owner.client.with_header("Idempotency-Key", "once");
    let first = client.post("/deployments", catalogue.request()).await.expect(202);
    let second = client.post("/deployments", catalogue.request()).await.expect(202);
    assert_eq!(first.json, second.json);
    let mut another = catalogue.request();
    another["dry_run"] = json!(false);
    assert_eq!(
        client.post("/deployments", another).await.expect(409).code(),
        "idempotency_key_reused"
    );
    let list = owner.client.get("/instances").await.expect(200).json;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn instances_are_seen_and_changed_in_their_own_workspace_only() {
    let server = TestServer::start_with(without_orchestrator).await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let mut other = server.person("otto").await;
    server.organization(&mut other, "Other").await;
    let platform = server.platform_admin("root").await;
    let user = server.member(organization, "ulf", Role::User).await;

    let id = deploy(&owner.client, &catalogue).await;
    let of_platform = deploy(&platform.client, &catalogue).await;
    for stranger in [&other.client, &platform.client] {
        let path = format!("/instances/{id}");
        stranger.get(&path).await.expect(404);
        stranger.get(&format!("{path}/history")).await.expect(404);
        stranger.delete(&path).await.expect(404);
        stranger
            .put(&format!("{path}/activation/tech"), json!({"active": true}))
            .await
            .expect(404);
        stranger
            .put(&format!("{path}/activation/eco"), json!("nonsense"))
            .await
            .expect(404);
    }
    owner.client.get(&format!("/instances/{of_platform}")).await.expect(404);
    assert_eq!(instance(&platform.client, &of_platform).await["scope"], "platform");
    assert_eq!(instance(&user.client, &id).await["status"], "provisioning");
    user.client.delete(&format!("/instances/{id}")).await.expect(403);
    user.client.post("/deployments", catalogue.request()).await.expect(403);
    let personal = server.person("paul").await;
    let refused = personal.client.get("/instances").await.expect(403);
    assert_eq!(refused.code(), "organization_required");

    let ids = |answer: Answer| {
        answer.expect(200).json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(owner.client.get("/instances").await), [json!(id)]);
    assert_eq!(ids(platform.client.get("/instances").await), [json!(of_platform)]);
    assert!(ids(owner.client.get("/instances?scope=platform").await).is_empty());
    let found = owner
        .client
        .get("/instances/search?status=ready,provisioning&q=echo")
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&found["total"], &found["stats"]["by_status"]),
        (&json!(1), &json!({"provisioning": 1}))
    );
    let none = owner
        .client
        .get("/instances/search?status=ready")
        .await
        .expect(200)
        .json;
    assert_eq!(none["total"], 0);
    let unknown = owner.client.get("/instances/search?status=sleeping").await.expect(422);
    assert_eq!(unknown.json["errors"][0]["field"], "status");
}

#[tokio::test]
async fn an_organization_that_wants_approval_first_pays_for_nothing_before_it() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let manager = server.member(organization, "mona", Role::Manager).await;
    sqlx::query("UPDATE organizations SET approve_before_provisioning = true WHERE id = $1")
        .bind(organization)
        .execute(&server.owner)
        .await
        .unwrap();
    let unwanted = deploy(&owner.client, &catalogue).await;
    let id = deploy(&owner.client, &catalogue).await;
    let waiting = instance(&owner.client, &id).await;
    assert_eq!(
        (&waiting["status"], &waiting["progress_percent"]),
        (&json!("awaiting_approval"), &json!(0))
    );
    let ended = owner
        .client
        .delete(&format!("/instances/{unwanted}"))
        .await
        .expect(202)
        .json;
    assert_eq!(ended["status"], "terminated");
    owner.client.post("/reconcile", json!({})).await.expect(202);
    manager
        .client
        .put(&format!("/instances/{id}/activation/eco"), json!({"active": true}))
        .await
        .expect(200);
    reaches(&owner.client, &id, "ready").await;
    assert_eq!(servers_made(&server, &unwanted).await, 0);
    assert_eq!(
        history(&owner.client, &id).await[..2],
        ["awaiting_approval", "provisioning"]
    );
}

#[tokio::test]
async fn no_hardware_is_told_in_words_and_costs_nothing() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    plan(
        &server,
        &FaultPlan::default().once(Operation::CreateServer, Fault::OutOfStock),
    );
    let id = deploy(&owner.client, &catalogue).await;
    let failed = reaches(&owner.client, &id, "provisioning_failed").await;
    assert_eq!(failed["error_code"], "out_of_stock");
    assert_eq!(failed["error_message"], "No mock-l4-1 is available in mock-paris-1.");
    assert_eq!(segments(&server, &id).await, (0, 0));
    owner.client.delete(&format!("/instances/{id}")).await.expect(202);
    reaches(&owner.client, &id, "terminated").await;

    // Found out only after the order: what was made is cleaned up.
    plan(
        &server,
        &FaultPlan::default().once(Operation::StartServer, Fault::OutOfStockAfterStart),
    );
    let id = deploy(&owner.client, &catalogue).await;
    let ended = reaches(&owner.client, &id, "terminated").await;
    assert_eq!(ended["error_code"], "out_of_stock");
    assert_eq!(segments(&server, &id).await.1, 0);
    assert!(
        history(&owner.client, &id)
            .await
            .contains(&"provisioning_failed".to_owned())
    );
}

#[tokio::test]
async fn lost_answers_refusals_and_forgotten_deletions_end_with_one_server_and_then_none() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let faults = FaultPlan::default()
        .once(Operation::CreateServer, Fault::RateLimited)
        .once(Operation::CreateServer, Fault::LostAnswer)
        .once(Operation::FindServers, Fault::ServerErrorBefore)
        .once(Operation::StartServer, Fault::LostAnswer)
        .once(Operation::DeleteServer, Fault::DeleteFails)
        .once(Operation::DeleteServer, Fault::LostAnswer);
    plan(&server, &faults);
    let id = deploy(&owner.client, &catalogue).await;
    reaches(&owner.client, &id, "ready").await;
    assert_eq!(servers_made(&server, &id).await, 1);
    owner.client.delete(&format!("/instances/{id}")).await.expect(202);
    reaches(&owner.client, &id, "terminated").await;
    assert_eq!(servers_made(&server, &id).await, 1);
    assert!(
        FaultPlan::read(&mock_directory(server.data_dir.path()))
            .unwrap()
            .is_empty(),
        "every fault happened"
    );
}

#[tokio::test]
async fn a_silent_worker_makes_its_instance_unavailable_and_then_failed_and_cleaned_up() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let id = deploy(&owner.client, &catalogue).await;
    let ready = reaches(&owner.client, &id, "ready").await;
    let process = server
        .program
        .instances
        .mock_cloud()
        .unwrap()
        .worker_process(ready["provider_instance_id"].as_str().unwrap())
        .await
        .unwrap();
    // Stopped, not ended: its machine would start another.
    let stopped = std::process::Command::new("kill")
        .args(["-STOP", &process.unwrap().pid.to_string()])
        .status()
        .unwrap();
    assert!(stopped.success());
    // Its last heartbeat may still be on the way.
    server.program.core.clock.advance(Duration::minutes(6));
    status_becomes(&server, &id, "unavailable").await;
    server.program.core.clock.advance(Duration::minutes(11));
    status_becomes(&server, &id, "terminated").await;
    let code: String = sqlx::query_scalar("SELECT error_code FROM instances WHERE id = $1::uuid")
        .bind(&id)
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(code, "deadline_passed");
    assert_eq!(segments(&server, &id).await, (1, 0));
}

#[tokio::test]
async fn a_server_that_vanished_fails_its_instance_once_that_is_proven() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let id = deploy(&owner.client, &catalogue).await;
    reaches(&owner.client, &id, "ready").await;
    plan(
        &server,
        &FaultPlan::default().once(Operation::FindServers, Fault::Vanish),
    );
    server.program.core.clock.advance(Duration::seconds(20));
    let ended = eventually("it is over", || async {
        server.program.core.clock.advance(Duration::seconds(1));
        let instance = instance(&owner.client, &id).await;
        (instance["status"] == "terminated").then_some(instance)
    })
    .await;
    assert_eq!(ended["error_code"], "server_lost");
    assert!(history(&owner.client, &id).await.contains(&"failed".to_owned()));
    assert_eq!(segments(&server, &id).await, (1, 0));
}

#[tokio::test]
async fn two_orchestrators_make_one_server_each() {
    let options = fresh_database().await;
    let sizes = PoolSizes { app: 8, system: 6 };
    let secret = inventiv_server::secrets::MasterSecret::generate().to_text();
    let first = TestServer::start_on(options.clone(), sizes, |config| {
        config.master_secret = Some(secret.clone())
    })
    .await;
    // The cloud is the same for both; everything else in a data directory belongs to one program.
    let cloud = inventiv_server::features::instances::mock_directory(first.data_dir.path());
    std::fs::create_dir_all(&cloud).unwrap();
    let url = first.base_url.clone();
    let second = TestServer::start_on(options, sizes, |config| {
        config.master_secret = Some(secret.clone());
        config.worker_url = url.parse().ok();
        let own = inventiv_server::features::instances::mock_directory(config.data_dir.as_deref().unwrap());
        std::os::unix::fs::symlink(&cloud, own).unwrap();
    })
    .await;
    let catalogue = Catalogue::read(&first).await;
    let mut owner = first.person("olga").await;
    first.organization(&mut owner, "Acme").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(deploy(&owner.client, &catalogue).await);
    }
    for id in &ids {
        reaches(&owner.client, id, "ready").await;
        assert_eq!(servers_made(&first, id).await, 1);
    }
    drop(second);
}

/// A machine that only exists on paper: the test speaks for its worker, which is nowhere.
fn without_worker(config: &mut Config) {
    let directory = config.data_dir.clone().unwrap();
    let program = directory.join("stand-in");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 600\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    config.worker_binary = Some(program);
}

fn without_orchestrator(config: &mut Config) {
    config.roles = vec![ServerRole::Api, ServerRole::Gateway];
}

fn registration(boot: Uuid) -> Value {
    json!({"protocol_version": 1, "boot_id": boot, "worker_version": "1", "address": "127.0.0.1:9", "hostname": "stand-in", "gpus": []})
}

fn heartbeat(boot: Uuid, sequence: u64, phase: Value) -> Value {
    json!({"boot_id": boot, "sequence": sequence, "phase": phase, "in_flight": 0, "engine": null})
}

#[tokio::test]
async fn a_worker_is_only_where_workers_may_be() {
    let server = TestServer::start_with(|config| {
        without_worker(config);
        config.allow_tenant_addresses = Vec::new();
    })
    .await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    server.organization(&mut owner, "Acme").await;
    let id = deploy(&owner.client, &catalogue).await;
    reaches(&owner.client, &id, "booting").await;
    let token = bootstrap_token(&server.program.core.master, id.parse().unwrap());
    let machine = server.anonymous().with_token(&token);
    // The last is our own door: somebody listens there, and it isn't the machine.
    let own = server.base_url.trim_start_matches("http://").to_owned();
    for address in [
        "169.254.169.254:80",
        "169.254.42.42:80",
        "metadata.google.internal:80",
        "[fe80::1]:8000",
        "[::1]:8000",
        "[::ffff:10.0.0.1]:80",
        "localhost:5432",
        "127.1:9",
        "0.0.0.0:9",
        "10.0.0.7:8000",
        "192.168.1.1:80",
        "100.100.100.200:80",
        "[fd00:ec2::254]:80",
        "127.0.0.1:9",
        &own,
    ] {
        let mut body = registration(Uuid::from_u128(1));
        body["address"] = json!(address);
        let refused = machine.post("/internal/worker/register", body).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "address", "{address}");
        assert_eq!(refused.json["errors"][0]["code"], "address_not_allowed", "{address}");
    }
    // Nothing came of it: the token is unused, and another boot may still be the first.
    let registered: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM instances WHERE registered_at IS NOT NULL OR worker_address IS NOT NULL",
    )
    .fetch_one(&server.owner)
    .await
    .unwrap();
    assert_eq!(registered, 0);
    let mut body = registration(Uuid::from_u128(2));
    body["address"] = json!("8.8.8.8:443");
    machine.post("/internal/worker/register", body).await.expect(200);
}

#[tokio::test]
async fn one_boot_has_the_instance_and_another_takes_over_only_once_it_is_silent() {
    let server = TestServer::start_with(without_worker).await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let id = deploy(&owner.client, &catalogue).await;
    reaches(&owner.client, &id, "booting").await;
    let token = bootstrap_token(&server.program.core.master, id.parse().unwrap());
    let machine = server.anonymous().with_token(&token);
    let register = async |boot: Uuid| machine.post("/internal/worker/register", registration(boot)).await;
    let (a, b, c) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));

    let mut newer = registration(a);
    newer["protocol_version"] = json!(999);
    let refused = machine.post("/internal/worker/register", newer).await.expect(409);
    assert_eq!(refused.code(), "worker_protocol_unsupported");
    let first = register(a).await.expect(200).json;
    let again = register(a).await.expect(200).json;
    assert_eq!(first["assignment"], again["assignment"]);
    assert_eq!(again["assignment"]["model_id"], "mock/echo");
    let lost = server.anonymous().with_token(first["worker_token"].as_str().unwrap());
    let worker = server.anonymous().with_token(again["worker_token"].as_str().unwrap());
    let beat = async |client: &Client, boot, sequence| {
        client
            .post(
                "/internal/worker/heartbeat",
                heartbeat(boot, sequence, json!({"name": "installing"})),
            )
            .await
    };
    assert_eq!(
        beat(&lost, a, 1).await.expect(401).code(),
        "worker_token_refused",
        "the repeated answer replaced it"
    );
    assert_eq!(beat(&worker, b, 1).await.expect(401).code(), "worker_token_refused");
    assert_eq!(beat(&worker, a, 1).await.expect(200).json["directive"], "continue");

    assert_eq!(register(b).await.expect(409).code(), "worker_boot_pending");
    server.program.core.clock.advance(Duration::seconds(1));
    beat(&worker, a, 2).await.expect(200);
    assert_eq!(
        register(b).await.expect(409).code(),
        "worker_boot_conflict",
        "the first is alive"
    );
    let alarms: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE tenant = $1 AND action = 'worker.boot_conflict'")
            .bind(organization)
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(alarms, 1);
    server.program.core.clock.advance(Duration::seconds(30));
    let taken_over = register(c).await.expect(200).json;
    assert_eq!(beat(&worker, a, 3).await.expect(401).code(), "worker_token_refused");

    // An older message that arrives late changes nothing.
    let worker = server
        .anonymous()
        .with_token(taken_over["worker_token"].as_str().unwrap());
    let say = async |sequence, phase: &str| {
        worker
            .post(
                "/internal/worker/heartbeat",
                heartbeat(c, sequence, json!({"name": phase})),
            )
            .await
            .expect(200)
    };
    say(5, "model_loading").await;
    reaches(&owner.client, &id, "starting").await;
    say(4, "installing").await;
    assert_eq!(instance(&owner.client, &id).await["progress_step"], "engine_answers");
    let crash = json!({"name": "failed", "code": "engine_crash_loop", "message": "The engine ended 5 times."});
    worker
        .post("/internal/worker/heartbeat", heartbeat(c, 6, crash))
        .await
        .expect(200);
    let ended = reaches(&owner.client, &id, "terminated").await;
    assert_eq!(
        (&ended["error_code"], &ended["error_message"]),
        (&json!("engine_crash_loop"), &json!("The engine ended 5 times."))
    );
    assert_eq!(register(c).await.expect(401).code(), "worker_token_refused");
    assert_eq!(
        server
            .anonymous()
            .post("/internal/worker/register", registration(a))
            .await
            .expect(401)
            .code(),
        "worker_token_refused"
    );
}
