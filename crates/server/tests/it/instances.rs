//! Deploying, watching, activating and ending instances, with the real worker on the Mock cloud.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Client, TestServer, eventually};

/// What the tests deploy, in a catalogue of their own.
struct Catalogue {
    model: Uuid,
    large_model: Uuid,
    cpu: Uuid,
    gpu: Uuid,
    zone: Uuid,
    other_zone: Uuid,
}

impl Catalogue {
    async fn write(server: &TestServer) -> Self {
        let id = inventiv_server::ids::new_id;
        let catalogue = Self {
            model: id(),
            large_model: id(),
            cpu: id(),
            gpu: id(),
            zone: id(),
            other_zone: id(),
        };
        let (provider, region) = (id(), id());
        let statement = format!(
            "INSERT INTO providers VALUES ('{provider}', 'mock', 'Mock', true);
             INSERT INTO regions VALUES ('{region}', '{provider}', 'mock-paris', 'Paris', true);
             INSERT INTO zones VALUES ('{zone}', '{provider}', '{region}', 'mock-paris-1', 'Paris 1', true),
                ('{other}', '{provider}', '{region}', 'mock-paris-2', 'Paris 2', true);
             INSERT INTO instance_types VALUES ('{cpu}', '{provider}', 'mock-cpu-1', 'CPU', 4, 16, 0, 0, 0.25, true),
                ('{gpu}', '{provider}', 'mock-l4-1', 'L4', 8, 48, 1, 24, 0.85, true);
             INSERT INTO instance_type_zones VALUES ('{provider}', '{cpu}', '{zone}', true, NULL), ('{provider}', '{gpu}', '{zone}', true, 0.8);
             INSERT INTO models (id, scope, name, model_id, engine, required_vram_gb, context_length, tech_activated_at, eco_activated_at,
                created_at, updated_at) VALUES
                ('{model}', 'platform', 'Demo', 'demo', 'mock', 0, 4096, now(), now(), now(), now()),
                ('{large}', 'platform', 'Large', 'large', 'mock', 80, 4096, now(), now(), now(), now());",
            zone = catalogue.zone,
            other = catalogue.other_zone,
            cpu = catalogue.cpu,
            gpu = catalogue.gpu,
            model = catalogue.model,
            large = catalogue.large_model,
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&server.owner)
            .await
            .unwrap();
        catalogue
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

#[tokio::test]
async fn a_deployment_becomes_ready_serves_after_both_activations_and_ends_with_nothing_left() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::write(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;

    let id = deploy(&owner.client, &catalogue).await;
    let ready = reaches(&owner.client, &id, "ready").await;
    assert_eq!(ready["progress_percent"], 100);
    assert_eq!(ready["progress_step"], "ready");
    assert_eq!(ready["scope"], "organization");
    assert_eq!(ready["organization_id"], organization.to_string());
    assert_eq!(ready["cost_per_hour_eur"], "0.8", "the zone's price");
    assert_eq!(ready["missing_activations"], json!(["tech", "eco"]));
    assert!(ready["billed_since"].is_string() && ready["last_heartbeat_at"].is_string());

    owner.client.delete(&format!("/instances/{id}")).await.expect(202);
    let ended = reaches(&owner.client, &id, "terminated").await;
    assert!(ended["terminated_at"].is_string());
}
