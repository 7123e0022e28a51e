//! Deploying, watching, activating and ending instances, with the real worker on the Mock cloud.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Client, TestServer, eventually};

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

#[tokio::test]
async fn a_deployment_becomes_ready_serves_after_both_activations_and_ends_with_nothing_left() {
    let server = TestServer::start().await;
    let catalogue = Catalogue::read(&server).await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Acme").await;

    let id = deploy(&owner.client, &catalogue).await;
    let ready = reaches(&owner.client, &id, "ready").await;
    assert_eq!(ready["progress_percent"], 100);
    assert_eq!(ready["progress_step"], "ready");
    assert_eq!(ready["scope"], "organization");
    assert_eq!(ready["organization_id"], organization.to_string());
    assert_eq!(ready["cost_per_hour_eur"], "0.7875");
    assert_eq!(ready["missing_activations"], json!(["tech", "eco"]));
    assert!(ready["billed_since"].is_string() && ready["last_heartbeat_at"].is_string());

    owner.client.delete(&format!("/instances/{id}")).await.expect(202);
    let ended = reaches(&owner.client, &id, "terminated").await;
    assert!(ended["terminated_at"].is_string());
}
