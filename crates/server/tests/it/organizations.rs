//! Policies of an organization, and its end.

use inventiv_server::permissions::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::world::{Side, World};
use crate::harness::{Answer, Client, TestServer};

async fn delete(client: &Client, slug: &str) -> Answer {
    client
        .send(Method::DELETE, "/organizations/current", Some(json!({"slug": slug})))
        .await
}

async fn actions(server: &TestServer, chain: Uuid) -> Vec<String> {
    sqlx::query_scalar("SELECT action FROM audit_log WHERE tenant = $1 ORDER BY sequence")
        .bind(chain)
        .fetch_all(&server.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn policies_are_the_owners_and_work_at_once() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let admin = server.member(organization, "admin", Role::Admin).await;
    let user = server.member(organization, "user", Role::User).await;
    let path = "/organizations/current/policies";
    let on = json!({"members_can_create_keys": true});
    let refused = admin.client.patch(path, on.clone()).await.expect(403);
    assert_eq!(refused.json["permission"], "organization.policy");
    user.client.post("/api_keys", json!({"name": "k"})).await.expect(403);
    let answer = alice.client.patch(path, on).await.expect(200);
    assert_eq!(answer.json["members_can_create_keys"], true);
    assert_eq!(answer.json["approve_before_provisioning"], false);
    user.client.post("/api_keys", json!({"name": "k"})).await.expect(201);
    alice
        .client
        .patch(path, json!({"members_can_create_keys": 1}))
        .await
        .expect(422);
    alice.client.patch(path, json!({"name": "x"})).await.expect(422);
    let entry: (Value, Value) =
        sqlx::query_as("SELECT before, after FROM audit_log WHERE action = 'organization.update_policies'")
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(entry.0["members_can_create_keys"], false);
    assert_eq!(entry.1["members_can_create_keys"], true);
}

#[tokio::test]
async fn a_stale_tag_changes_no_policy() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    server.organization(&mut alice, "Acme").await;
    let read = alice.client.get("/organizations/current").await.expect(200);
    let stale = alice
        .client
        .with_header("if-match", read.headers["etag"].to_str().unwrap());
    stale
        .patch(
            "/organizations/current/policies",
            json!({"approve_before_provisioning": true}),
        )
        .await
        .expect(200);
    let refused = stale
        .patch(
            "/organizations/current/policies",
            json!({"approve_before_provisioning": false}),
        )
        .await
        .expect(412);
    assert_eq!(refused.code(), "stale");
    let now = alice.client.get("/organizations/current").await.expect(200);
    assert_eq!(now.json["approve_before_provisioning"], true);
}

#[tokio::test]
async fn an_organization_is_not_deleted_while_an_instance_lives() {
    let world = World::shared().await;
    let server = world.server().await;
    let owner = world.principal("owner").client(&server);
    let slug = owner.get("/organizations/current").await.expect(200).json["slug"]
        .as_str()
        .unwrap()
        .to_owned();
    let preview = owner
        .get("/organizations/current/deletion_preview")
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&preview["can_be_deleted"], &preview["blocking_instances_count"]),
        (&json!(false), &json!(1))
    );
    let keys: i64 =
        sqlx::query_scalar("SELECT count(*) FROM api_keys WHERE organization_id = $1 AND revoked_at IS NULL")
            .bind(world.side(Side::Alpha).tenant)
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert!(keys > 0);
    assert_eq!((&preview["members"], &preview["api_keys"]), (&json!(4), &json!(keys)));
    let refused = delete(&owner, &slug).await.expect(409);
    assert_eq!(refused.code(), "organization_in_use");
    let instance = world.side(Side::Alpha).id("instances").unwrap();
    assert_eq!(refused.json["errors"][0]["field"], format!("instances.{instance}"));
    owner.get("/organizations/current").await.expect(200);

    sqlx::query("UPDATE instances SET status = 'terminated' WHERE id = $1")
        .bind(instance)
        .execute(&server.owner)
        .await
        .unwrap();
    delete(&owner, &slug).await.expect(200);
    let other = world.principal("other owner").client(&server);
    other.get("/organizations/current").await.expect(200);
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM api_keys WHERE organization_id = $1 AND revoked_at IS NULL")
            .bind(world.side(Side::Alpha).tenant)
            .fetch_one(&server.owner)
            .await
            .unwrap();
    assert_eq!(left, 0);
    let others: i64 = sqlx::query_scalar("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert!(others > 0, "other tenants' keys stay");
}

#[tokio::test]
async fn a_deleted_organization_takes_memberships_sessions_and_keys_along_and_keeps_slug_and_log() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Admin).await;
    let carol = server.member(organization, "carol", Role::Owner).await;
    bob.client.post("/api_keys", json!({"name": "k"})).await.expect(201);
    // Two wait; the third was withdrawn, the fourth waited too long.
    let emails = ["a@example.test", "b@example.test", "c@example.test", "d@example.test"];
    let invite = json!({"emails": emails, "role": "user"});
    let invited = bob
        .client
        .post("/organizations/current/invitations", invite)
        .await
        .expect(201);
    let third = invited.json["items"][2]["invitation"]["id"].as_str().unwrap();
    bob.client
        .delete(&format!("/organizations/current/invitations/{third}"))
        .await
        .expect(204);
    sqlx::query("UPDATE organization_invitations SET expires_at = created_at WHERE email = 'd@example.test'")
        .execute(&server.owner)
        .await
        .unwrap();
    assert_eq!(
        delete(&bob.client, "acme").await.expect(403).json["permission"],
        "organization.delete"
    );
    bob.client
        .get("/organizations/current/deletion_preview")
        .await
        .expect(403);
    let typo = delete(&alice.client, "Acme").await.expect(422);
    assert_eq!(typo.json["errors"][0]["field"], "slug");
    let preview = alice
        .client
        .get("/organizations/current/deletion_preview")
        .await
        .expect(200)
        .json;
    let counts = ["members", "sessions", "api_keys", "invitations"].map(|name| preview[name].as_i64().unwrap());
    assert_eq!((counts, &preview["can_be_deleted"]), ([3, 3, 1, 2], &json!(true)));

    let answer = delete(&alice.client, "acme").await.expect(200);
    assert!(answer.json["current_organization_id"].is_null());
    let alice_again = alice.client.with_token(answer.json["token"].as_str().unwrap());
    assert_eq!(
        alice_again.get("/organizations").await.expect(200).json["items"],
        json!([])
    );
    for client in [&alice.client, &bob.client, &carol.client] {
        assert_eq!(
            client.get("/organizations/current").await.expect(409).code(),
            "workspace_changed"
        );
    }
    let token = bob.client.post("/auth/refresh", json!({})).await.expect(200).json["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let bob = bob.client.with_token(&token);
    bob.put("/organizations/current", json!({"organization_id": organization}))
        .await
        .expect(422);
    let taken = bob
        .post("/organizations", json!({"name": "New", "slug": "acme"}))
        .await
        .expect(422);
    assert_eq!(taken.json["errors"][0]["code"], "taken");
    let (members, keys): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM organization_memberships WHERE organization_id = $1),
            (SELECT count(*) FROM api_keys WHERE organization_id = $1 AND revoked_at IS NULL)",
    )
    .bind(organization)
    .fetch_one(&server.owner)
    .await
    .unwrap();
    assert_eq!((members, keys), (0, 0));
    assert_eq!(
        actions(&server, organization).await.last().unwrap(),
        "organization.delete"
    );
    server.assert_audit_log_is_intact().await;
}

#[tokio::test]
async fn nothing_is_written_into_an_organization_after_its_end() {
    let server = TestServer::start().await;
    for round in 0..6 {
        let mut alice = server.person(&format!("alice{round}")).await;
        let organization = server.organization(&mut alice, &format!("Acme {round}")).await;
        let slug = format!("acme-{round}");
        let bob = server.member(organization, &format!("bob{round}"), Role::Admin).await;
        let writers = async {
            let mut statuses = Vec::new();
            for number in 0..5 {
                let answer = bob
                    .client
                    .post("/api_keys", json!({"name": format!("k{number}")}))
                    .await;
                statuses.push(answer.status);
            }
            statuses
        };
        let (statuses, deleted) = tokio::join!(writers, delete(&alice.client, &slug));
        deleted.expect(200);
        assert!(
            statuses.iter().all(|status| [201, 409].contains(status)),
            "{statuses:?}"
        );
        let alive: i64 =
            sqlx::query_scalar("SELECT count(*) FROM api_keys WHERE organization_id = $1 AND revoked_at IS NULL")
                .bind(organization)
                .fetch_one(&server.owner)
                .await
                .unwrap();
        assert_eq!(alive, 0, "round {round}: a key outlived its organization");
        assert_eq!(
            actions(&server, organization).await.last().unwrap(),
            "organization.delete"
        );
    }
}
