//! The public catalogue of models, and an organization's own.

use serde_json::{Value, json};
use uuid::Uuid;

use inventiv_server::permissions::Role;

use crate::harness::{Client, TestServer};

fn body(model_id: &str) -> Value {
    json!({"name": "Ours", "model_id": model_id, "engine": "vllm", "required_vram_gb": 10, "context_length": 4096})
}

async fn create(client: &Client, model_id: &str) -> String {
    let made = client.post("/models", body(model_id)).await.expect(201);
    format!("/models/{}", made.json["id"].as_str().unwrap())
}

async fn echo(client: &Client) -> Value {
    client.get("/models?q=mock/echo").await.expect(200).json["items"][0].clone()
}

#[tokio::test]
async fn everybody_sees_the_public_models_operational_and_priced() {
    let server = TestServer::start().await;
    let person = server.person("person").await;
    let echo = echo(&person.client).await;
    assert_eq!(
        (&echo["scope"], &echo["name"]),
        (&json!("platform"), &json!("Mock Echo"))
    );
    assert_eq!(
        (&echo["is_operational"], &echo["missing_activations"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(
        (&echo["tech_activated_by"], &echo["eco_activated_by"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&echo["input_eur_per_1m"], &echo["output_eur_per_1m"]),
        (&json!("0.1"), &json!("0.3"))
    );
    assert_eq!(
        (&echo["price_version"], &echo["ready_instances"]),
        (&json!(1), &json!(0))
    );
    let all = person.client.get("/models?limit=200&scope=platform").await.expect(200);
    assert!(all.json["items"].as_array().unwrap().len() > 10);
    let one = format!("/models/{}", echo["id"].as_str().unwrap());
    assert_eq!(person.client.get(&one).await.expect(200).json, echo);
    let volume = person
        .client
        .get(&format!("{one}/recommended-data-volume"))
        .await
        .expect(200);
    assert_eq!(volume.json["recommended_gb"], 10);
}

#[tokio::test]
async fn an_organizations_model_is_seen_by_its_members_only() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let path = create(&owner.client, "acme/tiny").await;
    let user = server.member(organization, "user", Role::User).await;
    let seen = user.client.get(&path).await.expect(200).json;
    assert_eq!(seen["missing_activations"], json!(["tech", "eco"]));
    assert_eq!(seen["organization_id"], json!(organization));
    assert_eq!(
        user.client.put(&path, body("acme/tiny")).await.expect(403).json["permission"],
        "model.update"
    );

    let mut rival = server.person("rival").await;
    server.organization(&mut rival, "Globex").await;
    let absent = format!("/models/{}", Uuid::from_u128(1));
    for path in [&path, &absent] {
        for answer in [
            rival.client.get(path).await,
            rival.client.put(path, json!({"nonsense": true})).await,
            rival.client.put(&format!("{path}/price"), json!({})).await,
            rival.client.put(&format!("{path}/activation/tech"), json!({})).await,
            rival.client.delete(path).await,
        ] {
            assert_eq!(answer.expect(404).code(), "not_found");
        }
    }
    // The same id is free in another organization: uniqueness tells nobody what others have.
    create(&rival.client, "acme/tiny").await;
    let taken = rival.client.post("/models", body("acme/tiny")).await.expect(422);
    assert_eq!(taken.json["errors"][0]["field"], "model_id");
}

#[tokio::test]
async fn a_public_model_is_read_only_in_organizations_and_the_platforms_to_change() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let id = echo(&owner.client).await["id"].as_str().unwrap().to_owned();
    let path = format!("/models/{id}");
    for answer in [
        owner.client.put(&path, body("mock/echo")).await,
        owner.client.put(&format!("{path}/price"), json!({})).await,
        owner
            .client
            .put(&format!("{path}/activation/eco"), json!({"active": false}))
            .await,
        owner.client.delete(&path).await,
    ] {
        assert_eq!(answer.expect(403).code(), "read_only_model");
    }
    let person = server.person("person").await;
    assert_eq!(
        person.client.delete(&path).await.expect(403).code(),
        "organization_required"
    );

    let admin = server.platform_admin("root").await;
    let off = admin
        .client
        .put(&format!("{path}/activation/eco"), json!({"active": false}))
        .await
        .expect(200);
    assert_eq!(off.json["missing_activations"], json!(["eco"]));
    // Who it was is known to the platform, not to everybody who sees the model.
    for activation in ["tech", "eco"] {
        for active in [false, true] {
            let path = format!("{path}/activation/{activation}");
            admin.client.put(&path, json!({"active": active})).await.expect(200);
        }
    }
    let seen = |answer: Value| (answer["tech_activated_by"].clone(), answer["eco_activated_by"].clone());
    assert_eq!(seen(echo(&admin.client).await), (json!(admin.id), json!(admin.id)));
    for client in [&owner.client, &person.client] {
        assert_eq!(seen(echo(client).await), (Value::Null, Value::Null));
        let one = client.get(&path).await.expect(200);
        assert_eq!(seen(one.json), (Value::Null, Value::Null));
    }
    let made = admin.client.post("/models", body("public/new")).await.expect(201);
    assert_eq!(
        (&made.json["scope"], &made.json["organization_id"]),
        (&json!("platform"), &Value::Null)
    );
}

#[tokio::test]
async fn both_activations_are_separate_acts_of_separate_roles() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let admin = server.member(organization, "admin", Role::Admin).await;
    let manager = server.member(organization, "manager", Role::Manager).await;
    let path = create(&admin.client, "acme/tiny").await;
    let (tech, eco) = (format!("{path}/activation/tech"), format!("{path}/activation/eco"));
    let on = json!({"active": true});
    admin.client.put(&eco, on.clone()).await.expect(403);
    manager.client.put(&tech, on.clone()).await.expect(403);
    let half = admin.client.put(&tech, on.clone()).await.expect(200).json;
    assert_eq!(
        (&half["is_operational"], &half["missing_activations"]),
        (&json!(false), &json!(["eco"]))
    );
    assert_eq!(half["tech_activated_by"], json!(admin.id));
    assert_eq!(
        manager.client.put(&eco, on.clone()).await.expect(200).json["is_operational"],
        true
    );
    // Doing it again neither changes who did it nor adds an entry to the log.
    let again = owner.client.put(&tech, on).await.expect(200).json;
    assert_eq!(again["tech_activated_by"], json!(admin.id));
    let acts: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE tenant = $1 AND action LIKE 'model.activate%'")
            .bind(organization)
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(acts, 2);
}

#[tokio::test]
async fn a_technical_change_clears_tech_a_price_change_clears_eco_and_a_new_name_clears_nothing() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let path = create(&owner.client, "acme/tiny").await;
    let activate = async || {
        for flag in ["tech", "eco"] {
            let on = json!({"active": true});
            owner
                .client
                .put(&format!("{path}/activation/{flag}"), on)
                .await
                .expect(200);
        }
    };
    activate().await;
    let mut change = body("acme/tiny");
    change["name"] = json!("Renamed");
    change["description"] = json!("With words.");
    let renamed = owner.client.put(&path, change.clone()).await.expect(200).json;
    assert_eq!(
        (&renamed["is_operational"], &renamed["name"]),
        (&json!(true), &json!("Renamed"))
    );
    change["context_length"] = json!(8192);
    let technical = owner.client.put(&path, change).await.expect(200).json;
    assert_eq!(technical["missing_activations"], json!(["tech"]));
    activate().await;

    let price = json!({"input_eur_per_1m": "0.5", "output_eur_per_1m": "1.25"});
    let priced = owner
        .client
        .put(&format!("{path}/price"), price.clone())
        .await
        .expect(200)
        .json;
    assert_eq!(priced["missing_activations"], json!(["eco"]));
    assert_eq!(
        (&priced["cached_input_eur_per_1m"], &priced["price_version"]),
        (&json!("0.5"), &json!(1))
    );
    activate().await;
    let same = owner.client.put(&format!("{path}/price"), price).await.expect(200).json;
    assert_eq!(
        (&same["is_operational"], &same["price_version"]),
        (&json!(true), &json!(1))
    );
    let finer = json!({"input_eur_per_1m": "0.5000001", "output_eur_per_1m": "1.25"});
    let refused = owner.client.put(&format!("{path}/price"), finer).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "precision");
}

#[tokio::test]
async fn a_stale_tag_is_refused_and_bad_fields_are_named_all_at_once() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let path = create(&owner.client, "acme/tiny").await;
    let tag = owner.client.get(&path).await.expect(200).headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    let guarded = owner.client.with_header("if-match", &tag);
    guarded.put(&path, body("acme/tiny")).await.expect(200);
    assert_eq!(guarded.put(&path, body("acme/tiny")).await.expect(412).code(), "stale");
    let garbled = owner.client.with_header("if-match", "é");
    assert_eq!(garbled.put(&path, body("acme/tiny")).await.expect(412).code(), "stale");
    let compressed = owner.client.with_header("content-encoding", "gzip");
    let refused = compressed.put(&path, body("acme/tiny")).await.expect(415);
    assert_eq!(refused.code(), "unsupported_content_encoding");
    let bad = json!({"name": "", "model_id": "../x", "engine": "vllm", "required_vram_gb": -1, "context_length": 0,
        "engine_arguments": [""]});
    let refused = owner.client.post("/models", bad).await.expect(422);
    let fields: Vec<_> = refused.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(
        fields,
        [
            "name",
            "model_id",
            "required_vram_gb",
            "context_length",
            "engine_arguments[0]"
        ]
    );
}

#[tokio::test]
async fn a_deleted_model_is_gone_from_the_lists_and_its_id_is_free_again() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let path = create(&owner.client, "acme/tiny").await;
    owner.client.delete(&path).await.expect(204);
    owner.client.get(&path).await.expect(404);
    owner.client.delete(&path).await.expect(404);
    assert_ne!(create(&owner.client, "acme/tiny").await, path);
}

#[tokio::test]
async fn a_model_that_an_instance_runs_is_not_deleted_until_the_instance_is_over() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let path = create(&owner.client, "acme/tiny").await;
    let model: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
    sqlx::query(
        "INSERT INTO instances (id, scope, organization_id, model_tenant, model_id, provider_id, zone_id, instance_type_id, provider_code,
            zone_code, instance_type_code, gpu_count, vram_gb, cost_per_hour_eur, status, status_since, reconcile_after, created_at)
         SELECT $1, 'organization', $2, $2, $3, t.provider_id, z.id, t.id, 'mock', z.code, t.code, 1, 24, 1, 'unavailable', now(),
            'infinity', now()
         FROM instance_types t JOIN zones z ON z.provider_id = t.provider_id LIMIT 1",
    )
    .bind(Uuid::from_u128(7))
    .bind(organization)
    .bind(model)
    .execute(&server.owner)
    .await
    .unwrap();
    assert_eq!(owner.client.delete(&path).await.expect(409).code(), "model_in_use");
    let finish = "UPDATE instances SET status = 'terminated'";
    sqlx::query(finish).execute(&server.owner).await.unwrap();
    owner.client.delete(&path).await.expect(204);
}

/// Whoever reads another language than the server's sentences needs what they hold.
#[tokio::test]
async fn a_refused_field_carries_the_numbers_of_its_rule() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let owner = &owner.client;
    let mut request = body("ours/big");
    request["name"] = json!("");
    request["required_vram_gb"] = json!(-1);
    let refused = owner.post("/models", request).await.expect(422);
    let rules: Vec<_> = refused.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (&error["field"], &error["code"], &error["params"]))
        .collect();
    assert_eq!(
        rules,
        [
            (
                &json!("name"),
                &json!("length"),
                &json!({"min": 1, "max": 100, "unit": "characters"})
            ),
            (
                &json!("required_vram_gb"),
                &json!("range"),
                &json!({"min": 0, "max": 100_000, "unit": "number"})
            ),
        ]
    );
    let listed = owner.get("/models?limit=201").await.expect(422);
    assert_eq!(
        listed.json["errors"][0]["params"],
        json!({"min": 1, "max": 200, "unit": "number"})
    );
    let model = create(owner, "ours/one").await;
    let finer = json!({"input_eur_per_1m": "0.5000001", "output_eur_per_1m": "1.25"});
    let refused = owner.put(&format!("{model}/price"), finer).await.expect(422);
    let error = &refused.json["errors"][0];
    assert_eq!(
        (&error["code"], &error["params"]),
        (&json!("precision"), &json!({"places": 6}))
    );
    // Where the sentence holds nothing, nothing is said.
    let missing = owner.get("/models/0").await.expect(404);
    assert_eq!(missing.json.get("params"), None, "{}", missing.text);
}
