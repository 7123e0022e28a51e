//! `ETag` and `If-Match`: whoever changes what somebody else changed in the meantime is told.

use inventiv_server::permissions::Role;
use inventiv_server::plumbing::config::ServerRole;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

async fn id_of(client: &Client, path: &str, code: &str) -> String {
    let items = client.get(path).await.expect(200).json["items"].clone();
    let found = items.as_array().unwrap().iter().find(|item| item["code"] == code);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Two people change the same row, from one state to the other and back.
async fn is_guarded(client: &Client, path: &str, [one, other]: [Value; 2]) {
    let first = tag(&client.put(path, one.clone()).await.expect(200));
    let insisting = |tag: &str| client.with_header("if-match", tag);
    let second = tag(&insisting(&first).put(path, other.clone()).await.expect(200));
    assert_ne!(first, second, "{path}");
    for stale in [first.as_str(), "", "\"nobody's\""] {
        let refused = insisting(stale).put(path, one.clone()).await.expect(412);
        assert_eq!(refused.code(), "stale", "{path}");
    }
    // The body is looked at afterwards.
    insisting(&first)
        .put(path, json!({"no_such_field": 1}))
        .await
        .expect(412);
    // Nothing was changed: the second state is still there.
    insisting(&format!("\"another\", {second}"))
        .put(path, other)
        .await
        .expect(200);
    insisting("*").put(path, one).await.expect(200);
}

/// What is read carries the tag on which a change may insist.
async fn is_read_with_its_tag(client: &Client, path: &str, change_at: &str, change: Value) {
    let read = tag(&client.get(path).await.expect(200));
    let changed = client
        .with_header("if-match", &read)
        .put(change_at, change)
        .await
        .expect(200);
    assert_eq!(tag(&client.get(path).await.expect(200)), tag(&changed), "{path}");
    assert_ne!(read, tag(&changed), "{path}");
}

#[tokio::test]
async fn models_prices_activations_and_keys_are_changed_from_the_version_that_was_read() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let client = &owner.client;
    let model = json!({"name": "Tiny", "model_id": "acme/tiny", "engine": "mock", "required_vram_gb": 0, "context_length": 4096});
    let model = client.post("/models", model).await.expect(201).json;
    let model = format!("/models/{}", model["id"].as_str().unwrap());
    let price = |input: &str| json!({"input_eur_per_1m": input, "output_eur_per_1m": "2"});
    is_guarded(client, &format!("{model}/price"), [price("1"), price("1.5")]).await;
    is_read_with_its_tag(client, &model, &format!("{model}/price"), price("3")).await;
    for flag in ["tech", "eco"] {
        let path = format!("{model}/activation/{flag}");
        is_guarded(client, &path, [json!({"active": true}), json!({"active": false})]).await;
    }
    let key = client
        .post("/api_keys", json!({"name": "laptop"}))
        .await
        .expect(201)
        .json;
    let path = format!("/api_keys/{}", key["id"].as_str().unwrap());
    is_guarded(client, &path, [json!({"name": "phone"}), json!({"name": "desk"})]).await;
    is_guarded(
        client,
        &path,
        [json!({"allowed_models": ["a/b"]}), json!({"allowed_models": null})],
    )
    .await;
}

#[tokio::test]
async fn accounts_and_roles_are_changed_from_the_version_that_was_read() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let path = format!("/users/{}", bob.id);
    is_guarded(
        &root.client,
        &path,
        [json!({"first_name": "Bob"}), json!({"disabled": true})],
    )
    .await;
    is_read_with_its_tag(&root.client, &path, &path, json!({"locale": "fr"})).await;

    let roles = ["manager", "admin"].map(|role| json!({"role": role}));
    is_guarded(&owner.client, &path, roles.clone()).await;
    is_read_with_its_tag(&owner.client, &path, &path, json!({"role": "user"})).await;
    let member = format!("/organizations/current/members/{}", bob.id);
    is_guarded(&owner.client, &member, roles).await;
    is_read_with_its_tag(&owner.client, &path, &member, json!({"role": "user"})).await;
}

#[tokio::test]
async fn the_catalogue_is_changed_from_the_version_that_was_read() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let client = &root.client;
    for (path, code) in [
        ("/providers", "mock"),
        ("/regions", "mock-paris"),
        ("/zones", "mock-paris-1"),
    ] {
        let path = format!("{path}/{}", id_of(client, path, code).await);
        let named = |name: &str, active: bool| json!({"name": name, "is_active": active});
        is_guarded(client, &path, [named("One", true), named("Other", true)]).await;
        is_guarded(client, &path, [named("One", true), named("One", false)]).await;
    }
    let path = format!(
        "/instance_types/{}",
        id_of(client, "/instance_types", "mock-l4-1").await
    );
    let size = |price: &str| {
        json!({"name": "L4", "cpu_count": 8, "memory_gb": 48, "gpu_count": 1, "vram_per_gpu_gb": 24, "cost_per_hour_eur": price,
            "is_active": true})
    };
    is_guarded(client, &path, [size("0.8"), size("0.9")]).await;
    let zone = id_of(client, "/zones", "mock-paris-2").await;
    let zones = format!("{path}/zones");
    let offers = |available: bool| json!({"zones": [{"zone_id": zone, "is_available": available}]});
    is_guarded(client, &zones, [offers(true), offers(false)]).await;
    is_read_with_its_tag(client, &zones, &zones, json!({"zones": []})).await;
}

#[tokio::test]
async fn the_activations_of_an_instance_are_changed_from_the_version_that_was_read() {
    // Nothing moves the instance along meanwhile.
    let server = TestServer::start_with(|config| config.roles = vec![ServerRole::Api]).await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let client = &owner.client;
    let models = client.get("/models").await.expect(200).json["items"].clone();
    let model = models
        .as_array()
        .unwrap()
        .iter()
        .find(|model| model["model_id"] == "mock/echo")
        .unwrap()["id"]
        .clone();
    let request = json!({
        "model_id": model, "instance_type_id": id_of(client, "/instance_types", "mock-l4-1").await,
        "zone_id": id_of(client, "/zones", "mock-paris-1").await,
    });
    let deployed = client.post("/deployments", request).await.expect(202).json;
    let path = format!("/instances/{}", deployed["instance_id"].as_str().unwrap());
    for flag in ["tech", "eco"] {
        let activation = format!("{path}/activation/{flag}");
        is_guarded(client, &activation, [json!({"active": true}), json!({"active": false})]).await;
        is_read_with_its_tag(client, &path, &activation, json!({"active": false})).await;
    }
}
