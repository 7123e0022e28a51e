//! Keys to the gateway: making, listing, changing, revoking.

use inventiv_server::features::api_keys::PresentedKey;
use inventiv_server::permissions::Role;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, Client, TestServer};

fn id_of(answer: &Answer) -> String {
    answer.json["id"].as_str().unwrap().to_owned()
}

async fn create(client: &Client, name: &str) -> Answer {
    client.post("/api_keys", json!({"name": name})).await.expect(201)
}

#[tokio::test]
async fn a_personal_key_is_shown_once_and_kept_as_a_hash() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let created = create(&alice.client, "laptop").await;
    let text = created.json["key"].as_str().unwrap();
    assert!(PresentedKey::read(text).is_some());
    assert!(text.starts_with(created.json["prefix"].as_str().unwrap()));
    assert_eq!(created.headers["cache-control"], "no-store");
    assert_eq!(created.json["scope"], "personal");
    assert_eq!(created.json["state"], "active");
    assert_eq!(created.json["created_by"], json!(alice.id));

    let listed = alice.client.get("/api_keys").await.expect(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed.json["items"][0]["id"], created.json["id"]);
    assert!(listed.json["items"][0].get("key").is_none());
    assert!(!listed.text.contains(text));

    let stored: Vec<u8> = sqlx::query_scalar("SELECT secret_hash FROM api_keys")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(stored, PresentedKey::read(text).unwrap().hash());
    let audited: String = sqlx::query_scalar("SELECT after::text FROM audit_log WHERE action = 'api_key.create'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert!(!audited.contains(text) && audited.contains("laptop"));
}

#[tokio::test]
async fn a_repeated_request_makes_one_key_and_does_not_show_it_again() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let client = alice.client.with_header("idempotency-key", "k1");
    let first = create(&client, "ci").await;
    let second = create(&client, "ci").await;
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(second.json["secret_already_shown"], true);
    assert!(second.json.get("key").is_none());
    let other = client.post("/api_keys", json!({"name": "other"})).await.expect(409);
    assert_eq!(other.code(), "idempotency_key_reused");
    let total = alice.client.get("/api_keys/search").await.expect(200).json["total"].clone();
    assert_eq!(total, 1);
}

#[tokio::test]
async fn keys_belong_to_the_workspace_they_were_made_in() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let personal = create(&alice.client, "mine").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let shared = create(&alice.client, "acme").await;
    assert_eq!(shared.json["organization_id"], json!(organization));

    let here = alice.client.get("/api_keys").await.expect(200);
    assert_eq!(here.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(here.json["items"][0]["id"], shared.json["id"]);
    let path = format!("/api_keys/{}", id_of(&personal));
    alice.client.delete(&path).await.expect(404);

    let mut bob = server.person("bob").await;
    server.organization(&mut bob, "Globex").await;
    let path = format!("/api_keys/{}", id_of(&shared));
    let absent = format!("/api_keys/{}", Uuid::from_u128(7));
    for change in [json!({"name": "stolen"}), json!({"name": 1})] {
        let foreign = bob.client.put(&path, change.clone()).await.expect(404);
        let nothing = bob.client.put(&absent, change).await.expect(404);
        assert_eq!(foreign.without_request_id(), nothing.without_request_id());
    }
    bob.client.delete(&path).await.expect(404);
    assert_eq!(
        bob.client.get("/api_keys/search").await.expect(200).json,
        json!({"items": [], "total": 0, "stats": {"active": 0, "expiring": 0, "rotating": 0, "expired": 0, "revoked": 0}})
    );
}

#[tokio::test]
async fn a_key_is_renamed_restricted_and_freed_again() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = create(&alice.client, "laptop").await;
    let path = format!("/api_keys/{}", id_of(&key));
    let expires_at = (server.program.core.clock.now() + chrono::Duration::days(1)).to_rfc3339();
    let change = json!({"name": "desk", "expires_at": expires_at, "allowed_models": ["demo"]});
    let changed = alice.client.put(&path, change).await.expect(200);
    assert_eq!(changed.json["name"], "desk");
    assert_eq!(changed.json["allowed_models"], json!(["demo"]));
    let unchanged = alice.client.put(&path, json!({})).await.expect(200);
    assert_eq!(unchanged.json, changed.json);

    server.program.core.clock.advance(chrono::Duration::days(2));
    let renewed = server.sign_in("alice").await;
    let expired = renewed.get("/api_keys").await.expect(200);
    assert_eq!(expired.json["items"][0]["state"], "expired");
    let freed = renewed
        .put(&path, json!({"expires_at": null, "allowed_models": null}))
        .await
        .expect(200);
    assert_eq!(freed.json["state"], "active");
    assert_eq!(freed.json["allowed_models"], json!(null));
    assert_eq!(freed.json["name"], "desk");
}

#[tokio::test]
async fn a_bad_field_is_named_and_nothing_is_made() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let cases = [
        (json!({}), "name", "required"),
        (json!({"name": ""}), "name", "length"),
        (json!({"name": "a\nb"}), "name", "characters"),
        (json!({"name": "a", "extra": 1}), "extra", "unknown_field"),
        (
            json!({"name": "a", "expires_at": "2001-01-01T00:00:00Z"}),
            "expires_at",
            "past",
        ),
        (
            json!({"name": "a", "expires_at": "tomorrow"}),
            "expires_at",
            "wrong_type",
        ),
        (json!({"name": "a", "allowed_models": []}), "allowed_models", "count"),
        (
            json!({"name": "a", "allowed_models": ["x", "x"]}),
            "allowed_models",
            "duplicate",
        ),
        (
            json!({"name": "a", "allowed_models": [" "]}),
            "allowed_models[0]",
            "model_id",
        ),
    ];
    for (body, field, code) in cases {
        let refused = alice.client.post("/api_keys", body.clone()).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field, "{body}");
        assert_eq!(refused.json["errors"][0]["code"], code, "{body}");
    }
    assert_eq!(alice.client.get("/api_keys/search").await.expect(200).json["total"], 0);
}

#[tokio::test]
async fn a_revoked_key_stays_in_the_list_and_stays_revoked() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = create(&alice.client, "laptop").await;
    let path = format!("/api_keys/{}", id_of(&key));
    alice.client.delete(&path).await.expect(204);
    alice.client.delete(&path).await.expect(204);
    let refused = alice.client.put(&path, json!({"name": "again"})).await.expect(409);
    assert_eq!(refused.code(), "key_revoked");
    let listed = alice.client.get("/api_keys").await.expect(200);
    assert_eq!(listed.json["items"][0]["state"], "revoked");
    let revocations: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'api_key.revoke'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(revocations, 1);
}

#[tokio::test]
async fn members_make_keys_only_under_the_policy_and_only_touch_their_own() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let member = server.member(organization, "member", Role::User).await;
    let shared = create(&owner.client, "shared").await;
    let refused = member.client.post("/api_keys", json!({"name": "x"})).await.expect(403);
    assert_eq!(refused.json["permission"], "api_key.create");
    // Everybody sees what the organization has.
    assert_eq!(member.client.get("/api_keys/search").await.expect(200).json["total"], 1);

    sqlx::query("UPDATE organizations SET members_can_create_keys = true")
        .execute(&server.owner)
        .await
        .unwrap();
    let own = create(&member.client, "own").await;
    assert_eq!(own.json["member_bound"], true);
    assert_eq!(shared.json["member_bound"], false);
    let path = format!("/api_keys/{}", id_of(&shared));
    member.client.put(&path, json!({"name": "y"})).await.expect(403);
    member.client.delete(&path).await.expect(403);
    let path = format!("/api_keys/{}", id_of(&own));
    member.client.put(&path, json!({"name": "y"})).await.expect(200);
    owner.client.delete(&path).await.expect(204);
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    for number in 0..5 {
        create(&alice.client, &format!("key {number}")).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = alice
            .client
            .get(&format!("/api_keys?limit=2{cursor}"))
            .await
            .expect(200);
        seen.extend(
            page.json["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["name"].as_str().unwrap().to_owned()),
        );
        cursor = match page.json["next_cursor"].as_str() {
            Some(next) => format!("&cursor={next}"),
            None => break,
        };
    }
    assert_eq!(seen, ["key 4", "key 3", "key 2", "key 1", "key 0"]);
    let found = alice.client.get("/api_keys/search?q=key%203").await.expect(200);
    assert_eq!(found.json["total"], 1);
}
