//! Keys that take another's place: what they keep, who may, and how they are found.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds rows locked on a connection of its own"
)]

use chrono::{DateTime, Duration, Utc};
use inventiv_server::permissions::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Client, PASSWORD, TestServer, eventually};

async fn create(client: &Client, body: Value) -> Answer {
    client.post("/api_keys", body).await.expect(201)
}

fn rotation_of(key: &Answer) -> String {
    format!("/api_keys/{}/rotate", key.json["id"].as_str().unwrap())
}

async fn listed(client: &Client, id: &Value) -> Value {
    let keys = client.get("/api_keys").await.expect(200);
    let found = keys.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["id"] == *id);
    found.unwrap().clone()
}

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_successor_is_like_the_key_before_and_both_know_each_other() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    server.organization(&mut alice, "Acme").await;
    let far = server.program.core.clock.now() + Duration::days(90);
    let body = json!({"name": "ci", "expires_at": far, "allowed_models": ["demo/a"]});
    let key = create(&alice.client, body).await;
    let new = alice.client.post(&rotation_of(&key), json!({})).await.expect(201);
    assert_eq!(new.headers["cache-control"], "no-store");
    assert!(
        new.json["key"]
            .as_str()
            .unwrap()
            .starts_with(new.json["prefix"].as_str().unwrap())
    );
    assert_ne!(new.json["prefix"], key.json["prefix"]);
    for field in [
        "name",
        "scope",
        "organization_id",
        "created_by",
        "member_bound",
        "allowed_models",
        "expires_at",
    ] {
        assert_eq!(new.json[field], key.json[field], "{field}");
    }
    assert_eq!(new.json["state"], "active");
    let link = |key: &Answer| json!({"id": key.json["id"], "prefix": key.json["prefix"]});
    assert_eq!(new.json["rotated_from"], link(&key));
    let old = listed(&alice.client, &key.json["id"]).await;
    assert_eq!((&old["state"], &old["rotated_to"]), (&json!("rotating"), &link(&new)));
    // A day, unless told.
    let left = moment(&old["expires_at"]) - server.program.core.clock.now();
    assert!((Duration::hours(23)..=Duration::hours(24)).contains(&left), "{left}");

    let audited: String = sqlx::query_scalar("SELECT after::text FROM audit_log WHERE action = 'api_key.rotate'")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert!(
        audited.contains(new.json["prefix"].as_str().unwrap()) && !audited.contains(new.json["key"].as_str().unwrap())
    );
}

#[tokio::test]
async fn an_overlap_never_lengthens_a_life() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let soon = server.program.core.clock.now() + Duration::hours(1);
    let key = create(&alice.client, json!({"name": "short", "expires_at": soon})).await;
    alice
        .client
        .post(&rotation_of(&key), json!({"overlap_seconds": 2_592_000}))
        .await
        .expect(201);
    let old = listed(&alice.client, &key.json["id"]).await;
    assert_eq!(old["expires_at"], key.json["expires_at"]);
}

#[tokio::test]
async fn a_repeated_rotation_makes_one_successor_and_does_not_show_it_again() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let (key, other) = (
        create(&alice.client, json!({"name": "a"})).await,
        create(&alice.client, json!({"name": "b"})).await,
    );
    let client = alice.client.with_header("idempotency-key", "r1");
    let first = client.post(&rotation_of(&key), json!({})).await.expect(201);
    let second = client.post(&rotation_of(&key), json!({})).await.expect(201);
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(second.json["secret_already_shown"], true);
    assert!(second.json.get("key").is_none());
    // The same words about another key are another request.
    let reused = client.post(&rotation_of(&other), json!({})).await.expect(409);
    assert_eq!(reused.code(), "idempotency_key_reused");
    assert_eq!(alice.client.get("/api_keys/search").await.expect(200).json["total"], 3);
}

#[tokio::test]
async fn only_a_key_that_works_and_has_no_successor_is_replaced() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let (revoked, expired, replaced) = (
        create(&alice.client, json!({"name": "revoked"})).await,
        create(&alice.client, json!({"name": "expired"})).await,
        create(&alice.client, json!({"name": "replaced"})).await,
    );
    alice
        .client
        .delete(&format!("/api_keys/{}", revoked.json["id"].as_str().unwrap()))
        .await
        .expect(204);
    sqlx::query("UPDATE api_keys SET expires_at = created_at WHERE name = 'expired'")
        .execute(&server.owner)
        .await
        .unwrap();
    let successor = alice
        .client
        .post(&rotation_of(&replaced), json!({"overlap_seconds": 0}))
        .await
        .expect(201);
    for (key, code) in [
        (&revoked, "key_revoked"),
        (&expired, "key_expired"),
        (&replaced, "key_already_rotated"),
    ] {
        let refused = alice.client.post(&rotation_of(key), json!({})).await.expect(409);
        assert_eq!(refused.code(), code);
    }
    for seconds in [json!(-1), json!(2_592_001), json!("1h")] {
        let body = json!({"overlap_seconds": seconds});
        let refused = alice.client.post(&rotation_of(&successor), body).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "overlap_seconds", "{seconds}");
    }
    let total = alice.client.get("/api_keys/search").await.expect(200).json["total"].clone();
    assert_eq!(total, 4, "what is refused makes nothing");
    alice.client.post(&rotation_of(&successor), json!({})).await.expect(201);
}

#[tokio::test]
async fn under_the_policy_members_replace_their_own_keys_and_the_successor_is_bound_to_them_too() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let member = server.member(organization, "member", Role::User).await;
    let shared = create(&owner.client, json!({"name": "shared"})).await;
    member.client.post(&rotation_of(&shared), json!({})).await.expect(403);
    sqlx::query("UPDATE organizations SET members_can_create_keys = true")
        .execute(&server.owner)
        .await
        .unwrap();
    member.client.post(&rotation_of(&shared), json!({})).await.expect(403);
    let own = create(&member.client, json!({"name": "own"})).await;
    for (client, key, can_change) in [
        (&member.client, &own, true),
        (&member.client, &shared, false),
        (&owner.client, &own, true),
    ] {
        assert_eq!(listed(client, &key.json["id"]).await["can_change"], can_change);
    }
    let new = member.client.post(&rotation_of(&own), json!({})).await.expect(201);
    assert_eq!(new.json["member_bound"], true);
    // An owner who replaces it keeps whose it is: it still ends with that membership.
    let newer = owner.client.post(&rotation_of(&new), json!({})).await.expect(201);
    assert_eq!(
        (&newer.json["created_by"], &newer.json["member_bound"]),
        (&json!(member.id), &json!(true))
    );
    let path = format!("/organizations/current/members/{}", member.id);
    owner.client.delete(&path).await.expect(204);
    assert_eq!(listed(&owner.client, &newer.json["id"]).await["state"], "revoked");

    let mut bob = server.person("bob").await;
    server.organization(&mut bob, "Globex").await;
    for body in [json!({}), json!({"overlap_seconds": "x"})] {
        bob.client.post(&rotation_of(&shared), body).await.expect(404);
    }
}

#[tokio::test]
async fn what_a_member_makes_under_the_policy_is_bound_to_them_also_by_replacing_a_key_from_better_days() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let mallory = server.member(organization, "mallory", Role::Admin).await;
    let key = create(&mallory.client, json!({"name": "ci"})).await;
    assert_eq!(key.json["member_bound"], false);
    let path = format!("/organizations/current/members/{}", mallory.id);
    owner.client.put(&path, json!({"role": "user"})).await.expect(200);
    sqlx::query("UPDATE organizations SET members_can_create_keys = true")
        .execute(&server.owner)
        .await
        .unwrap();
    // The owner replaces the key that Mallory knows.
    let body = json!({"overlap_seconds": 0});
    let safe = owner.client.post(&rotation_of(&key), body).await.expect(201);
    assert_eq!(safe.json["member_bound"], false);
    let new = mallory.client.post(&rotation_of(&safe), json!({})).await.expect(201);
    assert_eq!(new.json["member_bound"], true);
    owner.client.delete(&path).await.expect(204);
    assert_eq!(listed(&owner.client, &new.json["id"]).await["state"], "revoked");
}

#[tokio::test]
async fn a_key_that_was_replaced_lives_no_longer_than_its_overlap() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = create(&alice.client, json!({"name": "leaked"})).await;
    let path = format!("/api_keys/{}", key.json["id"].as_str().unwrap());
    let body = json!({"overlap_seconds": 3600});
    alice.client.post(&rotation_of(&key), body).await.expect(201);
    let end = moment(&listed(&alice.client, &key.json["id"]).await["expires_at"]);
    for later in [json!(null), json!(end + Duration::seconds(1))] {
        let refused = alice.client.put(&path, json!({"expires_at": later})).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "expires_at", "{later}");
    }
    for sooner in [end, end - Duration::minutes(1)] {
        let body = json!({"name": "Leaked", "expires_at": sooner});
        alice.client.put(&path, body).await.expect(200);
    }
    server.program.core.clock.advance(Duration::hours(2));
    let token = alice.client.post("/auth/refresh", json!({})).await.expect(200);
    let alice = alice.client.with_token(token.json["token"].as_str().unwrap());
    let password = json!({"password": PASSWORD});
    alice.post("/auth/reauthenticate", password).await.expect(204);
    let again = json!({"expires_at": server.program.core.clock.now() + Duration::days(1)});
    alice.put(&path, again).await.expect(422);
    assert_eq!(listed(&alice, &key.json["id"]).await["state"], "expired");
}

#[tokio::test]
async fn a_key_that_is_replaced_while_its_member_goes_ends_with_its_successor() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    sqlx::query("UPDATE organizations SET members_can_create_keys = true")
        .execute(&server.owner)
        .await
        .unwrap();
    let member = server.member(organization, "member", Role::User).await;
    let key: Uuid = create(&member.client, json!({"name": "own"})).await.json["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut rotation = server.owner.begin().await.unwrap();
    for statement in [
        "INSERT INTO api_keys (id, scope, organization_id, created_by_user_id, member_bound, name, public_id, prefix, secret_hash, created_at,
            rotated_from)
         SELECT gen_random_uuid(), scope, organization_id, created_by_user_id, member_bound, 'successor', 'successor', prefix, secret_hash,
            created_at, id FROM api_keys WHERE id = $1",
        "UPDATE api_keys SET expires_at = now() + interval '1 day' WHERE id = $1",
    ] {
        sqlx::query(statement).bind(key).execute(&mut *rotation).await.unwrap();
    }
    let path = format!("/organizations/current/members/{}", member.id);
    let commit = async {
        eventually("the removal waits for the key", || async {
            let waiting: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE api_keys SET revoked_at%')",
            )
            .fetch_one(&server.owner)
            .await
            .unwrap();
            waiting.then_some(())
        })
        .await;
        rotation.commit().await.unwrap();
    };
    let (removed, ()) = tokio::join!(owner.client.delete(&path), commit);
    removed.expect(204);
    let left: Vec<String> = sqlx::query_scalar("SELECT name FROM api_keys WHERE revoked_at IS NULL")
        .fetch_all(&server.owner)
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_search_counts_the_states_and_shows_one_of_them() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let soon = server.program.core.clock.now() + Duration::days(3);
    create(&alice.client, json!({"name": "lasting"})).await;
    create(&alice.client, json!({"name": "ending", "expires_at": soon})).await;
    let replaced = create(&alice.client, json!({"name": "replaced"})).await;
    alice.client.post(&rotation_of(&replaced), json!({})).await.expect(201);
    let gone = create(&alice.client, json!({"name": "gone"})).await;
    alice
        .client
        .delete(&format!("/api_keys/{}", gone.json["id"].as_str().unwrap()))
        .await
        .expect(204);

    let all = alice.client.get("/api_keys/search").await.expect(200);
    assert_eq!(
        all.json["stats"],
        json!({"active": 3, "expiring": 1, "rotating": 1, "expired": 0, "revoked": 1})
    );
    assert_eq!(all.json["total"], 5);
    for (status, names) in [
        ("active", vec!["replaced", "ending", "lasting"]),
        ("expiring", vec!["ending"]),
        ("rotating", vec!["replaced"]),
        ("expired", vec![]),
        ("revoked", vec!["gone"]),
    ] {
        let found = alice
            .client
            .get(&format!("/api_keys/search?status={status}"))
            .await
            .expect(200);
        let items = found.json["items"].as_array().unwrap();
        assert_eq!(
            items
                .iter()
                .map(|key| key["name"].as_str().unwrap())
                .collect::<Vec<_>>(),
            names,
            "{status}"
        );
        assert_eq!(found.json["total"], names.len());
        assert_eq!(found.json["stats"], all.json["stats"]);
        assert!(
            items
                .iter()
                .all(|key| (key["expires_soon"] == true) == (key["name"] == "ending"))
        );
    }
    let found = alice
        .client
        .get("/api_keys/search?q=REPL&status=active")
        .await
        .expect(200);
    assert_eq!(
        (&found.json["total"], &found.json["stats"]["rotating"]),
        (&json!(1), &json!(1))
    );
    let refused = alice.client.get("/api_keys/search?status=tired").await.expect(422);
    assert_eq!(refused.json["errors"][0]["field"], "status");
}
