//! Providers, regions, zones and instance types.

use serde_json::{Value, json};
use uuid::Uuid;

use inventiv_server::permissions::Role;

use crate::harness::{Client, TestServer};

async fn find(client: &Client, path: &str, code: &str) -> Value {
    let items = client.get(path).await.expect(200).json["items"].clone();
    let found = items.as_array().unwrap().iter().find(|item| item["code"] == code);
    found.unwrap_or_else(|| panic!("no {code} in {items}")).clone()
}

async fn prices_of(server: &TestServer, instance_type: &Value) -> Vec<String> {
    let id: Uuid = instance_type["id"].as_str().unwrap().parse().unwrap();
    sqlx::query_scalar(
        "SELECT trim_scale(cost_per_hour_eur)::text FROM instance_type_prices WHERE instance_type_id = $1 ORDER BY id",
    )
    .bind(id)
    .fetch_all(&server.owner)
    .await
    .unwrap()
}

#[tokio::test]
async fn an_organization_finds_the_mock_cloud_with_prices_per_zone() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    server.organization(&mut owner, "Acme").await;
    let provider = find(&owner.client, "/providers", "mock").await;
    assert_eq!(provider["is_active"], true);
    let region = find(&owner.client, "/regions", "mock-paris").await;
    assert_eq!(region["provider_id"], provider["id"]);
    let zone = find(&owner.client, "/zones", "mock-paris-2").await;
    assert_eq!(
        (&zone["region_id"], &zone["provider_code"]),
        (&region["id"], &json!("mock"))
    );
    let h100 = find(&owner.client, "/instance_types", "mock-h100-8").await;
    assert_eq!((&h100["gpu_count"], &h100["vram_per_gpu_gb"]), (&json!(8), &json!(80)));
    assert_eq!(h100["zones"].as_array().unwrap().len(), 2);
    assert_eq!(h100["zones"][0]["cost_per_hour_eur"], h100["cost_per_hour_eur"]);

    let there = owner
        .client
        .get(&format!("/zones/{}/instance_types?q=l4-", zone["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(there.json["items"].as_array().unwrap().len(), 2);
    let search = owner
        .client
        .get("/instance_types/search?q=h100&limit=1")
        .await
        .expect(200);
    assert_eq!(search.json["total"], 2);
    assert_eq!(search.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn pages_of_the_catalogue_join_without_gap_or_repetition() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("root").await;
    for sort in ["created_at", "-created_at"] {
        let whole = admin
            .client
            .get(&format!("/instance_types?sort={sort}"))
            .await
            .expect(200)
            .json["items"]
            .clone();
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = admin
                .client
                .get(&format!("/instance_types?sort={sort}&limit=2{cursor}"))
                .await
                .expect(200)
                .json;
            pages.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(Value::Array(pages), whole, "{sort}");
    }
}

#[tokio::test]
async fn models_that_fit_on_a_type_are_those_whose_memory_it_has() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("root").await;
    let fitting = async |code: &str| {
        let id = find(&admin.client, "/instance_types", code).await["id"].clone();
        let path = format!("/instance_types/{}/models?limit=200", id.as_str().unwrap());
        let answer = admin.client.get(&path).await.expect(200);
        let ids = answer.json["items"].as_array().unwrap().iter();
        ids.map(|model| model["model_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let on_cpu = fitting("mock-cpu-1").await;
    assert!(on_cpu.contains(&"mock/echo".to_owned()) && !on_cpu.contains(&"openai/gpt-oss-20b".to_owned()));
    assert!(fitting("mock-l4-1").await.contains(&"openai/gpt-oss-20b".to_owned()));
    assert!(!fitting("mock-l4-1").await.contains(&"openai/gpt-oss-120b".to_owned()));
    assert!(fitting("mock-h100-1").await.contains(&"openai/gpt-oss-120b".to_owned()));
}

#[tokio::test]
async fn only_a_platform_admin_in_personal_changes_the_catalogue() {
    let server = TestServer::start().await;
    let mut admin = server.platform_admin("root").await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let provider = find(&owner.client, "/providers", "mock").await["id"].clone();
    let path = format!("/providers/{}", provider.as_str().unwrap());
    let change = json!({"name": "Renamed", "is_active": true});
    let refused = owner.client.put(&path, change.clone()).await.expect(403);
    assert_eq!(refused.json["permission"], "settings.manage");
    // Not for a row that doesn't exist either, and not for the admin inside an organization.
    let absent = format!("/providers/{}", Uuid::from_u128(1));
    owner.client.put(&absent, change.clone()).await.expect(403);
    server.organization(&mut admin, "Root's").await;
    admin.client.put(&path, change.clone()).await.expect(403);
    admin.client = admin.client.switch_to(None).await;
    assert_eq!(
        admin.client.put(&path, change.clone()).await.expect(200).json["name"],
        "Renamed"
    );
    admin.client.put(&absent, json!({"nonsense": 1})).await.expect(404);
    admin.client.put(&path, json!({"nonsense": 1})).await.expect(422);

    let user = server.member(organization, "user", Role::User).await;
    assert_eq!(user.client.get("/providers").await.expect(403).code(), "forbidden");
    let nobody = server.person("nobody").await;
    assert_eq!(
        nobody.client.get("/zones").await.expect(403).code(),
        "organization_required"
    );
    server.anonymous().get("/zones").await.expect(401);
}

#[tokio::test]
async fn a_platform_admin_adds_a_cloud_from_provider_to_offer_and_it_is_audited() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("root").await;
    let post = async |path: &str, body: Value| admin.client.post(path, body).await.expect(201).json;
    let provider = post("/providers", json!({"code": "own-racks", "name": "Our racks"})).await;
    let region = post(
        "/regions",
        json!({"provider_id": provider["id"], "code": "lyon", "name": "Lyon"}),
    )
    .await;
    let zone = post(
        "/zones",
        json!({"region_id": region["id"], "code": "lyon-a", "name": "Lyon A"}),
    )
    .await;
    assert_eq!(zone["provider_id"], provider["id"]);
    let mut size = json!({"name": "2 × A", "cpu_count": 16, "memory_gb": 128, "gpu_count": 2, "vram_per_gpu_gb": 48,
        "cost_per_hour_eur": "1.50"});
    size["provider_id"] = provider["id"].clone();
    size["code"] = json!("rack-2");
    let made = post("/instance_types", size).await;
    assert_eq!(
        (&made["cost_per_hour_eur"], &made["zones"]),
        (&json!("1.5"), &json!([]))
    );

    let offers = format!("/instance_types/{}/zones", made["id"].as_str().unwrap());
    let offer = |price: Value| json!({"zones": [{"zone_id": zone["id"], "cost_per_hour_eur": price}]});
    let set = admin.client.put(&offers, offer(json!("1.75"))).await.expect(200);
    assert_eq!(set.json["items"][0]["cost_per_hour_eur"], "1.75");
    // The same again is no new price; taking the zone's own price away is.
    admin.client.put(&offers, offer(json!("1.75"))).await.expect(200);
    assert_eq!(
        admin.client.put(&offers, offer(Value::Null)).await.expect(200).json["items"][0]["cost_per_hour_eur"],
        "1.5"
    );
    assert_eq!(prices_of(&server, &made).await, ["1.5", "1.75", "1.5"]);
    let foreign = find(&admin.client, "/zones", "mock-paris-1").await;
    let refused = admin
        .client
        .put(&offers, json!({"zones": [{"zone_id": foreign["id"]}]}))
        .await
        .expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "zones[0].zone_id");

    let acts: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_log WHERE tenant = '00000000-0000-0000-0000-000000000000' AND actor_id = $1 ORDER BY sequence",
    )
    .bind(admin.id)
    .fetch_all(&server.owner)
    .await
    .unwrap();
    let expected = [
        "provider.create",
        "region.create",
        "zone.create",
        "instance_type.create",
    ];
    assert_eq!(acts[..4], expected);
    assert_eq!(acts[4..], ["instance_type.put_zones"; 3]);
}

#[tokio::test]
async fn a_price_change_is_kept_in_the_history_and_nothing_else_is() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("root").await;
    let l4 = find(&admin.client, "/instance_types", "mock-l4-1").await;
    let path = format!("/instance_types/{}", l4["id"].as_str().unwrap());
    let body = |price: &str, name: &str| {
        json!({"name": name, "cpu_count": 8, "memory_gb": 48, "gpu_count": 1, "vram_per_gpu_gb": 24,
        "cost_per_hour_eur": price, "is_active": true})
    };
    admin.client.put(&path, body("0.7875", "Renamed")).await.expect(200);
    assert_eq!(prices_of(&server, &l4).await, ["0.7875"]);
    let changed = admin.client.put(&path, body("0.80", "Renamed")).await.expect(200);
    assert_eq!(changed.json["zones"][0]["cost_per_hour_eur"], "0.8");
    assert_eq!(prices_of(&server, &l4).await, ["0.7875", "0.8"]);
    for price in ["-1", "0.0000000000001", "1e3", "2000000000"] {
        let refused = admin.client.put(&path, body(price, "Renamed")).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "cost_per_hour_eur", "{price}");
    }
}

#[tokio::test]
async fn adding_the_same_code_twice_is_refused_and_a_retried_addition_is_answered_as_before() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("root").await;
    let body = json!({"code": "own-racks", "name": "Our racks"});
    let retried = admin.client.with_header("idempotency-key", "once");
    let first = retried.post("/providers", body.clone()).await.expect(201);
    assert_eq!(
        retried.post("/providers", body.clone()).await.expect(201).json,
        first.json
    );
    let other = json!({"code": "other", "name": "Other"});
    assert_eq!(
        retried.post("/providers", other).await.expect(409).code(),
        "idempotency_key_reused"
    );
    let taken = admin.client.post("/providers", body).await.expect(422);
    assert_eq!(taken.json["errors"][0]["code"], "taken");
}

#[tokio::test]
async fn seeding_again_leaves_alone_what_an_admin_changed_or_removed() {
    let server = TestServer::start().await;
    let admin = server.platform_admin("root").await;
    let l4 = find(&admin.client, "/instance_types", "mock-l4-1").await;
    let offers = format!("/instance_types/{}/zones", l4["id"].as_str().unwrap());
    admin.client.put(&offers, json!({"zones": []})).await.expect(200);
    let echo = admin.client.get("/models?q=mock/echo").await.expect(200).json["items"][0]["id"].clone();
    admin
        .client
        .delete(&format!("/models/{}", echo.as_str().unwrap()))
        .await
        .expect(204);
    inventiv_server::program::seed::run(&server.program.core.db, server.program.core.clock.now())
        .await
        .unwrap();
    assert_eq!(admin.client.get(&offers).await.expect(200).json["items"], json!([]));
    assert_eq!(
        admin.client.get("/models?q=mock/echo").await.expect(200).json["items"],
        json!([])
    );
    let counts: (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM instance_types), (SELECT count(*) FROM zones)")
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(counts, (6, 2));
}
