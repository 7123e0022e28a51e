//! Reading the audit log: whose, what is found, what is shown, and taking it away as a file.

use std::collections::HashSet;

use inventiv_server::permissions::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, PASSWORD, Person, TestServer};

fn actions(answer: &Answer) -> Vec<&str> {
    answer.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect()
}

/// An organization with a member who is promoted and a key that is made, in this order.
async fn scene(server: &TestServer) -> (Person, Uuid, Person) {
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::User).await;
    let path = format!("/organizations/current/members/{}", bob.id);
    alice.client.put(&path, json!({"role": "admin"})).await.expect(200);
    bob.client
        .post("/api_keys", json!({"name": "deploy key"}))
        .await
        .expect(201);
    (alice, organization, bob)
}

#[tokio::test]
async fn entries_are_shown_newest_first_with_what_was_and_what_became_and_by_whom() {
    let server = TestServer::start().await;
    let (alice, _, bob) = scene(&server).await;
    let answer = alice.client.get("/audit_log").await.expect(200);
    assert_eq!(
        actions(&answer),
        [
            "api_key.create",
            "member.assign_role",
            "member.add",
            "organization.create"
        ]
    );
    let promotion = &answer.json["items"][1];
    assert_eq!(
        (&promotion["before"], &promotion["after"]),
        (&json!({"role": "user"}), &json!({"role": "admin"}))
    );
    assert_eq!(
        promotion["actor"],
        json!({"kind": "user", "id": alice.id, "email": "alice@example.test", "name": "alice Test"})
    );
    assert_eq!(
        (&promotion["target_id"], &promotion["target_email"]),
        (&json!(bob.id), &json!("bob@example.test"))
    );
    assert_eq!(
        (&promotion["chain"], &promotion["sequence"]),
        (&json!("organization"), &json!(3))
    );
    assert!(promotion["request_id"].is_string() && promotion["ip_address"].is_string());
    assert_eq!(answer.json["items"][2]["actor"]["kind"], "system");
    // Who left stays named in what the organization saw of them, and nowhere else.
    alice
        .client
        .delete(&format!("/organizations/current/members/{}", bob.id))
        .await
        .expect(204);
    let made = &alice
        .client
        .get("/audit_log?action=api_key.create")
        .await
        .expect(200)
        .json["items"][0];
    assert_eq!(made["actor"]["email"], "bob@example.test");
    let removal = alice.client.get("/audit_log?action=member.remove").await.expect(200);
    assert_eq!(removal.json["items"][0]["target_email"], "bob@example.test");
    let found = alice.client.get("/audit_log?q=bob@exam").await.expect(200);
    assert!(actions(&found).contains(&"member.remove"), "{}", found.text);
    alice.client.get(&format!("/users/{}", bob.id)).await.expect(404);
    // An account that is closed is nobody any more.
    let closing = Some(json!({"password": PASSWORD}));
    let closed = server
        .sign_in("bob")
        .await
        .send(Method::DELETE, "/auth/me", closing)
        .await;
    closed.expect(204);
    let removal = alice.client.get("/audit_log?action=member.remove").await.expect(200);
    assert_eq!(removal.json["items"][0]["target_email"], Value::Null);
}

#[tokio::test]
async fn filters_and_pages_find_each_entry_once() {
    let server = TestServer::start().await;
    let (alice, _, bob) = scene(&server).await;
    let find = async |query: &str| {
        let answer = alice.client.get(&format!("/audit_log?{query}")).await.expect(200);
        actions(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find("action=member.assign_role").await, ["member.assign_role"]);
    assert_eq!(find("action=member.").await, ["member.assign_role", "member.add"]);
    assert_eq!(find("action=member").await, Vec::<String>::new());
    assert_eq!(find(&format!("actor={}", bob.id)).await, ["api_key.create"]);
    assert_eq!(
        find(&format!("target_type=user&target_id={}", bob.id)).await,
        ["member.assign_role", "member.add"]
    );
    assert_eq!(find("q=DEPLOY").await, ["api_key.create"]);
    assert_eq!(find("q=bob@example").await.len(), 3);
    let all = alice.client.get("/audit_log").await.expect(200);
    let second = all.json["items"][1]["occurred_at"].as_str().unwrap();
    assert_eq!(
        find(&format!("from={second}")).await,
        ["api_key.create", "member.assign_role"]
    );
    assert_eq!(
        find(&format!("to={second}")).await,
        ["member.add", "organization.create"]
    );
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..4 {
        let page = alice
            .client
            .get(&format!("/audit_log?limit=1{cursor}"))
            .await
            .expect(200);
        seen.extend(actions(&page).into_iter().map(str::to_owned));
        cursor = page.json["next_cursor"]
            .as_str()
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
    }
    assert_eq!((seen, cursor.as_str()), (find("limit=4").await, ""));
    for (query, field) in [
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("actor=x", "actor"),
        ("from=yesterday", "from"),
        ("verb=x", "verb"),
        ("action=", "action"),
    ] {
        let answer = alice.client.get(&format!("/audit_log?{query}")).await.expect(422);
        assert_eq!(answer.json["errors"][0]["field"], field, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_log_is_read_by_those_who_may_and_shows_nothing_of_anybody_else() {
    let server = TestServer::start().await;
    let (_, organization, bob) = scene(&server).await;
    let user = server.member(organization, "carl", Role::User).await;
    let manager = server.member(organization, "mona", Role::Manager).await;
    assert_eq!(
        user.client.get("/audit_log").await.expect(403).json["permission"],
        "audit.read"
    );
    manager.client.get("/audit_log").await.expect(200);
    let personal = server.sign_in("bob").await;
    assert_eq!(
        personal.get("/audit_log").await.expect(403).code(),
        "organization_required"
    );
    assert_eq!(
        personal.get("/audit_log/export").await.expect(403).code(),
        "organization_required"
    );
    let mut stranger = server.person("stranger").await;
    server.organization(&mut stranger, "Other").await;
    let foreign = stranger.client.get("/audit_log").await.expect(200);
    assert_eq!(actions(&foreign), ["organization.create"]);
    assert_eq!(
        actions(
            &stranger
                .client
                .get(&format!("/audit_log?actor={}", bob.id))
                .await
                .expect(200)
        ),
        Vec::<&str>::new()
    );
}

#[tokio::test]
async fn a_platform_admin_reads_the_platforms_chain_and_the_own() {
    let server = TestServer::start().await;
    let root = server.platform_admin("root").await;
    let (alice, ..) = scene(&server).await;
    root.client
        .put(&format!("/users/{}", alice.id), json!({"locale": "fr"}))
        .await
        .expect(200);
    let answer = root.client.get("/audit_log").await.expect(200);
    let shown: Vec<_> = answer.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["chain"].as_str().unwrap(), entry["action"].as_str().unwrap()))
        // The catalogue that ships with the program is in the platform's chain too.
        .filter(|(_, action)| !action.ends_with(".seed"))
        .collect();
    assert_eq!(
        shown,
        [
            ("platform", "user.update"),
            ("personal", "session.create"),
            ("personal", "user.create")
        ]
    );
    assert_eq!(answer.json["items"][0]["target_email"], "alice@example.test");
}

#[tokio::test]
async fn an_export_holds_every_entry_once_however_many_pages_it_takes() {
    let server = TestServer::start().await;
    let (alice, organization, _) = scene(&server).await;
    // Times that repeat across page borders, and a name that a spreadsheet would run.
    sqlx::query(
        "INSERT INTO audit_log (tenant, sequence, id, occurred_at, actor_kind, action, target_type, after, previous_hash, hash)
         SELECT $1, n, gen_random_uuid(), now() - make_interval(secs => n / 7), 'system', CASE n WHEN 600 THEN '=cmd()' ELSE 'test.entry' END, 'test',
            jsonb_build_object('text', 'a, \"quoted\"' || chr(10) || 'text', 'n', n), '', '' FROM generate_series(5, 604) n",
    )
    .bind(organization)
    .execute(&server.owner)
    .await
    .unwrap();
    let file = alice.client.get("/audit_log/export?format=jsonl").await.expect(200);
    assert_eq!(file.headers["content-type"], "application/jsonl");
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename=\"audit-log.jsonl\""
    );
    let entries: Vec<Value> = file
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sequences: HashSet<_> = entries
        .iter()
        .map(|entry| entry["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!((entries.len(), sequences.len()), (604, 604));
    let times: Vec<_> = entries
        .iter()
        .map(|entry| entry["occurred_at"].as_str().unwrap().to_owned())
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "the newest first");

    let file = alice.client.get("/audit_log/export?action=member.").await.expect(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<_> = file.text.split("\r\n").collect();
    assert!(
        lines[0].starts_with("\u{feff}occurred_at,chain,sequence,actor_kind,"),
        "the mark of UTF-8: {}",
        lines[0]
    );
    assert_eq!(lines.len(), 4, "a heading, two entries, and the end: {lines:?}");
    assert!(
        lines[1].contains("member.assign_role") && lines[1].contains("\"{\"\"role\"\":\"\"admin\"\"}\""),
        "{}",
        lines[1]
    );
    let all = alice
        .client
        .get("/audit_log/export?format=csv&q=cmd()")
        .await
        .expect(200);
    assert!(
        all.text.contains(",'=cmd(),") && all.text.contains("a, \\\"\"quoted\\\"\"\\ntext"),
        "{}",
        all.text
    );
    let empty = alice
        .client
        .get("/audit_log/export?q=nothing-like-it")
        .await
        .expect(200);
    assert_eq!(empty.text.matches("\r\n").count(), 1);
    alice.client.get("/audit_log/export?format=xml").await.expect(422);
}

#[tokio::test]
async fn people_are_shown_as_they_were_when_they_acted_and_found_by_it() {
    let server = TestServer::start().await;
    let (alice, organization, bob) = scene(&server).await;
    let named = async |q: &str| {
        let found = alice.client.get(&format!("/audit_log?q={q}")).await.expect(200).json;
        found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["actor"]["email"].clone())
            .collect::<Vec<_>>()
    };
    let rename = async |email: &str, first_name: &str| {
        let change = "UPDATE users SET email = $2, first_name = $3 WHERE id = $1";
        let change = sqlx::query(change).bind(bob.id).bind(email).bind(first_name);
        change.execute(&server.owner).await.unwrap();
    };
    // A member acts under another name: each entry has the name of its time.
    rename("robert@example.test", "robert").await;
    server.program.core.clock.advance(chrono::Duration::seconds(1));
    bob.client
        .post("/api_keys", json!({"name": "second key"}))
        .await
        .expect(201);
    let entries = alice
        .client
        .get("/audit_log?action=api_key.create")
        .await
        .expect(200)
        .json;
    let actors: Vec<_> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["actor"]["email"], &entry["actor"]["name"]))
        .collect();
    assert_eq!(
        actors,
        [
            (&json!("robert@example.test"), &json!("robert Test")),
            (&json!("bob@example.test"), &json!("bob Test")),
        ]
    );
    // Whoever left is somebody else elsewhere, and none of that is the organization's business.
    bob.client
        .post("/organizations/current/leave", json!({}))
        .await
        .expect(200);
    rename("private@elsewhere.test", "unheard").await;
    let personal = server.sign_in("private@elsewhere.test").await;
    personal.put("/auth/me", json!({"last_name": "Of"})).await.expect(200);
    let log = alice.client.get("/audit_log").await.expect(200).text;
    assert!(!log.contains("private@") && !log.contains("unheard"), "{log}");
    assert_eq!(named("private%40elsewhere").await, Vec::<Value>::new());
    assert_eq!(named("unheard").await, Vec::<Value>::new());
    assert_eq!(
        named("bob%40example.test")
            .await
            .iter()
            .filter(|email| **email == json!("bob@example.test"))
            .count(),
        1
    );
    let as_robert = named("robert").await;
    assert_eq!(
        as_robert,
        [json!("robert@example.test"), json!("robert@example.test")],
        "the key and leaving"
    );
    // A closed account has no name in any log.
    let body = json!({"password": PASSWORD});
    personal.send(Method::DELETE, "/auth/me", Some(body)).await.expect(204);
    let log = alice.client.get("/audit_log").await.expect(200).text;
    assert!(!log.contains("robert@") && !log.contains("bob@example.test"), "{log}");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_people WHERE user_id = $1 OR tenant = $1")
        .bind(bob.id)
        .fetch_one(&server.owner)
        .await
        .unwrap();
    assert_eq!(left, 0, "of {organization}");
}
