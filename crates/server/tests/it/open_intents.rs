//! Every intent ends: with its outcome, or at the latest with its instance.

use providers::Operation;
use providers::mock::{Fault, FaultPlan};
use serde_json::json;
use uuid::Uuid;

use inventiv_server::features::instances::mock_directory;

use crate::harness::{Person, TestServer, eventually};

async fn deploy(server: &TestServer, admin: &Person) -> Uuid {
    let id = |query: &'static str| sqlx::query_scalar::<_, Uuid>(query).fetch_one(&server.owner);
    let deployment = json!({
        "model_id": id("SELECT id FROM models WHERE model_id = 'mock/echo'").await.unwrap(),
        "instance_type_id": id("SELECT id FROM instance_types WHERE code = 'mock-cpu-1'").await.unwrap(),
        "zone_id": id("SELECT id FROM zones WHERE code = 'mock-paris-1'").await.unwrap(),
    });
    let deployed = admin.client.post("/deployments", deployment).await.expect(202);
    deployed.json["instance_id"].as_str().unwrap().parse().unwrap()
}

async fn reaches(admin: &Person, instance: Uuid, status: &str) {
    eventually(status, async || {
        let seen = admin
            .client
            .get(&format!("/instances/{instance}"))
            .await
            .expect(200)
            .json;
        (seen["status"] == status).then_some(())
    })
    .await;
}

/// Deployed, with a server at the provider, and ended as its owner asks.
async fn terminated(server: &TestServer, admin: &Person) -> Uuid {
    let instance = deploy(server, admin).await;
    eventually("it has a server", async || {
        let ordered: Option<String> = sqlx::query_scalar("SELECT provider_instance_id FROM instances WHERE id = $1")
            .bind(instance)
            .fetch_one(&server.owner)
            .await
            .unwrap();
        ordered
    })
    .await;
    admin.client.delete(&format!("/instances/{instance}")).await.expect(202);
    reaches(admin, instance, "terminated").await;
    instance
}

/// Kind, state, code of the failure.
type Intent = (String, String, Option<String>);

async fn intents(server: &TestServer, instance: Uuid) -> Vec<Intent> {
    sqlx::query_as("SELECT kind, state, error_code FROM cloud_operations WHERE instance_id = $1 ORDER BY kind, attempt")
        .bind(instance)
        .fetch_all(&server.owner)
        .await
        .unwrap()
}

fn is_open((_, state, _): &Intent) -> bool {
    ["intended", "sent", "unknown"].contains(&state.as_str())
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_confirmed_once_the_server_is_gone() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    let plan = FaultPlan::default().once(Operation::DeleteServer, Fault::LostAnswer);
    plan.write(&mock_directory(server.data_dir.path())).unwrap();
    let instance = terminated(&server, &admin).await;
    let intents = intents(&server, instance).await;
    assert!(!intents.iter().any(is_open), "{intents:?}");
    assert!(
        intents
            .iter()
            .any(|(kind, state, _)| kind == "delete_server" && state == "confirmed"),
        "{intents:?}"
    );
}

#[tokio::test]
async fn intents_that_were_left_open_are_ended_with_what_is_known() {
    let mut server = TestServer::start().await;
    let admin = server.platform_admin("admin").await;
    let (ended, running) = (terminated(&server, &admin).await, deploy(&server, &admin).await);
    // Nobody asks for this one's end: the look for what was left over is all that could touch it.
    sqlx::query(
        "INSERT INTO cloud_operations (id, tenant, instance_id, kind, attempt, state, started_at)
         SELECT gen_random_uuid(), tenant, id, 'delete_server', 1, 'sent', now() FROM instances WHERE id = $1",
    )
    .bind(running)
    .execute(&server.owner)
    .await
    .unwrap();
    for (number, state) in ["intended", "sent", "unknown"].into_iter().enumerate() {
        // As a process left them that died, or an older release.
        sqlx::query(
            "INSERT INTO cloud_operations (id, tenant, instance_id, kind, attempt, state, started_at)
             SELECT gen_random_uuid(), i.tenant, i.id, kind, 100 + $2, $3, now()
             FROM instances i, unnest(ARRAY['create_server', 'start_server', 'delete_server']) kind WHERE i.id = $1",
        )
        .bind(ended)
        .bind(number as i32)
        .bind(state)
        .execute(&server.owner)
        .await
        .unwrap();
        let sweep = server
            .program
            .background()
            .into_iter()
            .find(|task| task.name() == "open_intents");
        server.also_run(sweep.unwrap());
        let all = eventually("none is open", async || {
            let all = intents(&server, ended).await;
            (!all.iter().any(is_open)).then_some(all)
        })
        .await;
        let last = |wanted: &str| all.iter().rfind(|(kind, _, _)| kind == wanted).unwrap().clone();
        assert_eq!(last("delete_server").1, "confirmed", "{state}");
        assert_eq!(
            last("create_server").1,
            "confirmed",
            "its server was on record: {state}"
        );
        let (_, start, code) = last("start_server");
        assert_eq!(
            (start.as_str(), code.as_deref()),
            ("failed", Some("cancelled")),
            "{state}"
        );
    }
    let of_running = intents(&server, running).await;
    let deletion = of_running.iter().find(|(kind, _, _)| kind == "delete_server");
    assert_eq!(deletion.unwrap().1, "sent", "{of_running:?}");
}
