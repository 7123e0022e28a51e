//! Administration of accounts: by the platform, by an organization, and closing one's own.

use inventiv_server::ids::PLATFORM;
use inventiv_server::permissions::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::harness::{Answer, Client, PASSWORD, Person, TestServer};

fn path(person: &Person) -> String {
    format!("/users/{}", person.id)
}

fn emails(answer: &Answer) -> Vec<&str> {
    let mut emails: Vec<_> = answer.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["email"].as_str().unwrap())
        .collect();
    emails.sort_unstable();
    emails
}

fn first_error(answer: &Answer) -> (&str, &str) {
    let error = &answer.json["errors"][0];
    (error["field"].as_str().unwrap(), error["code"].as_str().unwrap())
}

async fn close(client: &Client, password: &str) -> Answer {
    client
        .send(Method::DELETE, "/auth/me", Some(json!({"password": password})))
        .await
}

async fn last_entry(server: &TestServer, chain: Uuid) -> (String, Option<Value>, Option<Value>) {
    sqlx::query_as("SELECT action, before, after FROM audit_log WHERE tenant = $1 ORDER BY sequence DESC LIMIT 1")
        .bind(chain)
        .fetch_one(&server.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_platform_admin_sees_everybody_and_an_organization_its_members_only() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    server.member(organization, "bob", Role::User).await;
    let solo = server.person("solo").await;
    assert_eq!(
        emails(&root.client.get("/users").await.expect(200)),
        [
            "alice@example.test",
            "bob@example.test",
            "root@example.test",
            "solo@example.test"
        ]
    );
    let found = root.client.get("/users/search?q=SOLO&limit=1").await.expect(200);
    assert_eq!(
        (emails(&found), &found.json["total"]),
        (vec!["solo@example.test"], &json!(1))
    );
    let counted = root.client.get("/users/search?limit=1").await.expect(200);
    assert_eq!((emails(&counted).len(), &counted.json["total"]), (1, &json!(4)));
    let one = root.client.get(&path(&solo)).await.expect(200);
    assert_eq!(
        (&one.json["platform_role"], &one.json["role"]),
        (&json!("user"), &Value::Null)
    );

    assert_eq!(
        emails(&alice.client.get("/users").await.expect(200)),
        ["alice@example.test", "bob@example.test"]
    );
    assert_eq!(alice.client.get("/users/search").await.expect(200).json["total"], 2);
    let own = alice.client.get(&path(&alice)).await.expect(200);
    assert_eq!(
        (&own.json["platform_role"], &own.json["role"]),
        (&Value::Null, &json!("owner"))
    );
    alice.client.get(&path(&solo)).await.expect(404);
    assert_eq!(
        solo.client.get("/users").await.expect(403).code(),
        "organization_required"
    );
    let first = root.client.get("/users?limit=3").await.expect(200);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let rest = root
        .client
        .get(&format!("/users?limit=3&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        (emails(&first).len(), emails(&rest).len(), &rest.json["next_cursor"]),
        (3, 1, &Value::Null)
    );
}

#[tokio::test]
async fn an_account_is_made_for_who_has_none_and_whoever_has_one_is_invited() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let new = json!({"email": " New.Person@Example.test ", "first_name": "New", "role": "manager"});
    let idempotent = alice.client.with_header("idempotency-key", "1");
    let made = idempotent.post("/users", new.clone()).await.expect(201);
    assert_eq!(made.json["email"], "new.person@example.test");
    assert_eq!(
        (&made.json["username"], &made.json["role"]),
        (&json!("new.person"), &json!("manager"))
    );
    // There is no mail server: the link is for who made the account to pass on, and shown once.
    let link = made.json["link"].as_str().unwrap();
    let (page, token) = link.split_once("#token=").unwrap();
    assert_eq!(
        page,
        format!("{}/app/reset-password", server.program.core.config.public_origin())
    );
    let again = idempotent.post("/users", new.clone()).await.expect(201).json;
    assert_eq!((&again["id"], &again["link"]), (&made.json["id"], &Value::Null));
    assert_eq!(again["secret_already_shown"], true);
    assert_eq!(last_entry(&server, organization).await.0, "user.create");
    let (role, hash): (String, Option<String>) = sqlx::query_as(
        "SELECT m.role, u.password_hash FROM organization_memberships m JOIN users u ON u.id = m.user_id WHERE u.email = 'new.person@example.test'",
    )
    .fetch_one(&server.owner)
    .await
    .unwrap();
    assert_eq!((role.as_str(), hash), ("manager", None));
    let choice = json!({"token": token, "password": PASSWORD});
    let chosen = server.anonymous().post("/auth/password-reset/reset", choice).await;
    chosen.expect(204);
    server.sign_in("new.person").await;
    for (client, body) in [
        (&alice.client, new.clone()),
        (&root.client, json!({"email": "alice@example.test"})),
    ] {
        assert_eq!(client.post("/users", body).await.expect(409).code(), "use_invitation");
    }
    // A second person with the same local part gets another username; one that was asked for is not varied.
    let other = root
        .client
        .post("/users", json!({"email": "new.person@other.test"}))
        .await
        .expect(201);
    assert_eq!(
        (&other.json["username"], &other.json["platform_role"]),
        (&json!("new.person2"), &json!("user"))
    );
    let taken = json!({"email": "x@other.test", "username": "alice"});
    assert_eq!(
        first_error(&root.client.post("/users", taken).await.expect(422)),
        ("username", "taken")
    );
    let admin = root
        .client
        .post("/users", json!({"email": "second@root.test", "platform_role": "admin"}))
        .await
        .expect(201);
    assert_eq!(admin.json["platform_role"], "admin");
    assert_eq!(last_entry(&server, PLATFORM).await.0, "user.create");
}

#[tokio::test]
async fn an_organization_gives_no_platform_role_and_nobody_more_than_their_reach() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let admin = server.member(organization, "admin", Role::Admin).await;
    let manager = server.member(organization, "manager", Role::Manager).await;
    let with = |field: &str, value: &str| json!({"email": "new@example.test", field: value});
    let refused = alice
        .client
        .post("/users", with("platform_role", "admin"))
        .await
        .expect(422);
    assert_eq!(
        (refused.code(), first_error(&refused).0),
        ("account_field", "platform_role")
    );
    let refused = root.client.post("/users", with("role", "user")).await.expect(422);
    assert_eq!(refused.code(), "organization_field");
    assert_eq!(
        admin
            .client
            .post("/users", with("role", "manager"))
            .await
            .expect(403)
            .code(),
        "delegation"
    );
    assert_eq!(
        manager
            .client
            .post("/users", with("role", "user"))
            .await
            .expect(403)
            .code(),
        "forbidden"
    );
    alice
        .client
        .post("/users", json!({"email": "nothing"}))
        .await
        .expect(422);
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(accounts, 4);
    admin.client.post("/users", with("role", "admin")).await.expect(201);
}

#[tokio::test]
async fn in_an_organization_only_the_role_is_changed_and_only_the_membership_ends() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let admin = server.member(organization, "admin", Role::Admin).await;
    let stranger = server.person("stranger").await;
    for (field, value) in [
        ("first_name", json!("X")),
        ("username", json!("xx")),
        ("disabled", json!(true)),
        ("platform_role", json!("admin")),
    ] {
        let answer = alice
            .client
            .put(&path(&bob), json!({field: value, "role": "user"}))
            .await
            .expect(422);
        assert_eq!(
            (answer.code(), first_error(&answer)),
            ("account_field", (field, "account_field"))
        );
    }
    alice.client.put(&path(&bob), json!({})).await.expect(422);
    let changed = admin
        .client
        .put(&path(&bob), json!({"role": "admin"}))
        .await
        .expect(200);
    assert_eq!(changed.json["role"], "admin");
    let refused = admin
        .client
        .put(&path(&bob), json!({"role": "owner"}))
        .await
        .expect(403);
    assert_eq!(
        (refused.code(), &refused.json["permission"]),
        ("delegation", &json!("user.update"))
    );
    assert_eq!(
        admin.client.delete(&path(&alice)).await.expect(403).code(),
        "delegation"
    );
    assert_eq!(
        alice.client.delete(&path(&alice)).await.expect(409).code(),
        "last_owner"
    );
    for method in [Method::PUT, Method::DELETE] {
        alice
            .client
            .send(method, &path(&stranger), Some(json!({"role": "user"})))
            .await
            .expect(404);
    }
    alice.client.delete(&path(&bob)).await.expect(204);
    alice.client.get(&path(&bob)).await.expect(404);
    server.sign_in("bob").await.get("/auth/me").await.expect(200);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_back_when_enabled() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let bob = server.person("bob").await;
    let second = server.sign_in("bob").await;
    let answer = root
        .client
        .put(&path(&bob), json!({"disabled": true, "last_name": "Gone"}))
        .await
        .expect(200);
    assert!(answer.json["disabled_at"].is_string());
    for session in [&bob.client, &second] {
        session.get("/auth/me").await.expect(401);
    }
    let login = json!({"login": "bob", "password": PASSWORD});
    assert_eq!(
        server.anonymous().post("/auth/login", login).await.expect(401).code(),
        "invalid_credentials"
    );
    let (action, before, after) = last_entry(&server, PLATFORM).await;
    assert_eq!(
        (action.as_str(), &before.unwrap()["disabled"]),
        ("user.update", &json!(false))
    );
    let after = after.unwrap();
    assert_eq!(
        (&after["disabled"], &after["sessions_ended"], &after["last_name"]),
        (&json!(true), &json!(2), &json!("Gone"))
    );
    root.client
        .put(&path(&bob), json!({"disabled": false}))
        .await
        .expect(200);
    server.sign_in("bob").await.get("/auth/me").await.expect(200);
    bob.client.get("/auth/me").await.expect(401);
    let refused = root.client.put(&path(&bob), json!({"role": "owner"})).await.expect(422);
    assert_eq!(refused.code(), "organization_field");
    assert_eq!(
        first_error(
            &root
                .client
                .put(&path(&bob), json!({"username": "root"}))
                .await
                .expect(422)
        ),
        ("username", "taken")
    );
    root.client
        .put(
            &format!("/users/{}", inventiv_server::ids::new_id()),
            json!({"disabled": 1}),
        )
        .await
        .expect(404);
}

#[tokio::test]
async fn a_platform_role_works_at_once_and_there_is_always_an_admin() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let bob = server.person("bob").await;
    for body in [json!({"platform_role": "user"}), json!({"disabled": true})] {
        assert_eq!(
            root.client.put(&path(&root), body).await.expect(409).code(),
            "last_platform_admin"
        );
    }
    assert_eq!(
        root.client.delete(&path(&root)).await.expect(409).code(),
        "last_platform_admin"
    );
    assert_eq!(
        close(&root.client, PASSWORD).await.expect(409).code(),
        "last_platform_admin"
    );
    bob.client.get("/users").await.expect(403);
    root.client
        .put(&path(&bob), json!({"platform_role": "admin"}))
        .await
        .expect(200);
    bob.client.get("/users").await.expect(200);
    for round in 0..6 {
        server
            .owner
            .execute("UPDATE users SET platform_role = 'admin', disabled_at = NULL")
            .await
            .unwrap();
        let (root_now, bob_now) = (server.sign_in("root").await, server.sign_in("bob").await);
        let down = [json!({"platform_role": "user"}), json!({"disabled": true})][round % 2].clone();
        let (first, second) = tokio::join!(async { root_now.put(&path(&bob), down.clone()).await }, async {
            bob_now.put(&path(&root), down.clone()).await
        });
        let statuses = [first.status, second.status];
        assert!(
            statuses.iter().all(|status| [200, 401, 403, 409].contains(status)),
            "{} {}",
            first.text,
            second.text
        );
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{} {}",
            first.text,
            second.text
        );
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM users WHERE platform_role = 'admin' AND disabled_at IS NULL")
                .fetch_one(&server.owner)
                .await
                .unwrap();
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn a_closed_account_leaves_no_personal_data_and_its_traces_stay_provable() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Owner).await;
    let personal = server.sign_in("bob").await;
    personal.post("/api_keys", json!({"name": "mine"})).await.expect(201);
    bob.client
        .post("/api_keys", json!({"name": "shared"}))
        .await
        .expect(201);
    root.client.delete(&path(&bob)).await.expect(204);
    for session in [&bob.client, &personal] {
        session.get("/auth/me").await.expect(401);
    }
    root.client.get(&path(&bob)).await.expect(404);
    root.client.delete(&path(&bob)).await.expect(404);
    assert_eq!(
        root.client.get("/users/search?q=bob").await.expect(200).json["total"],
        0
    );
    assert_eq!(
        alice
            .client
            .get("/organizations/current/members")
            .await
            .expect(200)
            .json["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let row: String = sqlx::query_scalar("SELECT to_jsonb(u)::text FROM users u WHERE id = $1")
        .bind(bob.id)
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert!(!row.contains("bob") && !row.contains("Test"), "{row}");
    let traces: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM user_sessions WHERE user_id = $1 AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)",
    )
    .bind(bob.id)
    .fetch_one(&server.owner)
    .await
    .unwrap();
    assert_eq!(traces, 0);
    let revoked: Vec<String> = sqlx::query_scalar("SELECT name FROM api_keys WHERE revoked_at IS NOT NULL")
        .fetch_all(&server.owner)
        .await
        .unwrap();
    assert_eq!(revoked, ["mine"], "the organization's key stays");
    assert_eq!(last_entry(&server, organization).await.0, "member.remove");
    assert_eq!(last_entry(&server, PLATFORM).await.0, "user.delete");
    server.assert_audit_log_is_intact().await;
    // The address is free for somebody new.
    server.person("bob").await;
}

#[tokio::test]
async fn invitations_to_a_closed_accounts_address_end_and_their_links_let_nobody_in() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    const INVITATIONS: &str = "/organizations/current/invitations";
    for by_the_platform in [true, false] {
        let name = if by_the_platform { "first" } else { "second" };
        let person = server.person(name).await;
        let invite = |email: &str| json!({"email": email, "role": "user"});
        let made = owner.client.post(INVITATIONS, invite(&person.email)).await.expect(201);
        let token = made.json["link"]
            .as_str()
            .unwrap()
            .split_once("#token=")
            .unwrap()
            .1
            .to_owned();
        owner
            .client
            .post(INVITATIONS, invite(&format!("{name}-neighbour@example.test")))
            .await
            .expect(201);
        if by_the_platform {
            root.client.delete(&path(&person)).await.expect(204);
        } else {
            close(&person.client, PASSWORD).await.expect(204);
        }
        let accept = format!("/organizations/invitations/{token}/accept");
        let fields = json!({"username": format!("{name}-again"), "password": "another good password"});
        let refused = server.anonymous().post(&accept, fields).await.expect(409);
        assert_eq!(refused.code(), "invitation_revoked");
        let listed = owner
            .client
            .get(&format!("{INVITATIONS}?status=revoked&q={name}"))
            .await
            .expect(200);
        assert_eq!(listed.json["items"][0]["id"], made.json["id"]);
        let open = owner
            .client
            .get(&format!("{INVITATIONS}?status=pending&q={name}"))
            .await
            .expect(200);
        assert_eq!(open.json["items"].as_array().unwrap().len(), 1, "the neighbour's stays");
        assert_eq!(last_entry(&server, organization).await.0, "invitation.revoke");
        let actor: (String, Option<Uuid>) = sqlx::query_as(
            "SELECT actor_kind, actor_id FROM audit_log WHERE tenant = $1 ORDER BY sequence DESC LIMIT 1",
        )
        .bind(organization)
        .fetch_one(&server.owner)
        .await
        .unwrap();
        assert_eq!(
            actor,
            ("system".to_owned(), None),
            "whose account it was is not the organization's to know"
        );
    }
    let (_, _, after) = last_entry(&server, PLATFORM).await;
    assert_eq!(after.unwrap()["invitations_revoked"], 1);
}

#[tokio::test]
async fn nobody_goes_as_the_only_owner_and_the_refusal_lists_the_organizations() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let mut alice = server.person("alice").await;
    server.organization(&mut alice, "Acme").await;
    let second = server.organization(&mut alice, "Beta").await;
    let bob = server.member(second, "bob", Role::User).await;
    for answer in [
        close(&alice.client, PASSWORD).await,
        root.client.delete(&path(&alice)).await,
    ] {
        let answer = answer.expect(409);
        assert_eq!(answer.code(), "sole_owner");
        let fields: Vec<_> = answer.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, ["organizations.acme", "organizations.beta"]);
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(
            detail.contains("Acme, Beta") && detail.contains("transfer") && detail.contains("delete"),
            "{detail}"
        );
    }
    alice
        .client
        .post("/organizations/current/transfer_ownership", json!({"user_id": bob.id}))
        .await
        .expect(200);
    let answer = close(&alice.client, PASSWORD).await.expect(409);
    assert_eq!(answer.json["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn closing_the_own_account_needs_the_password() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Admin).await;
    assert_eq!(
        first_error(&close(&bob.client, "wrong horse battery").await.expect(422)),
        ("password", "wrong")
    );
    bob.client.get("/auth/me").await.expect(200);
    let answer = close(&bob.client, PASSWORD).await.expect(204);
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    bob.client.get("/auth/me").await.expect(401);
    let (action, _, after) = last_entry(&server, organization).await;
    assert_eq!(
        (action.as_str(), &after.unwrap()["account_closed"]),
        ("member.leave", &json!(true))
    );
    let (action, before, _) = last_entry(&server, PLATFORM).await;
    assert_eq!(
        (action.as_str(), before),
        ("user.delete", Some(json!({"platform_role": "user", "disabled": false})))
    );
}

#[tokio::test]
async fn two_owners_who_close_their_accounts_at_once_leave_an_owner() {
    let server = TestServer::start().await;
    for round in 0..4 {
        let mut alice = server.person(&format!("alice{round}")).await;
        let organization = server.organization(&mut alice, &format!("Acme {round}")).await;
        let bob = server.member(organization, &format!("bob{round}"), Role::Owner).await;
        let (first, second) = tokio::join!(close(&alice.client, PASSWORD), async {
            if round % 2 == 0 {
                close(&bob.client, PASSWORD).await
            } else {
                bob.client.post("/organizations/current/leave", json!({})).await
            }
        });
        let succeeded = [first.status, second.status]
            .iter()
            .filter(|status| **status < 300)
            .count();
        assert_eq!(succeeded, 1, "{} {}", first.text, second.text);
        let owners: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM organization_memberships WHERE organization_id = $1 AND role = 'owner'",
        )
        .bind(organization)
        .fetch_one(&server.owner)
        .await
        .unwrap();
        assert_eq!(owners, 1);
    }
}
