//! Who may call what, and in which words the others are told.

#![expect(
    clippy::disallowed_methods,
    reason = "a test holds rows locked on a connection of its own"
)]

use std::time::Instant;

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Engine, InstanceRow, MODEL, PLATFORM, chat, entry};
use crate::harness::{Answer, Client, TestServer, eventually};

fn error(answer: &Answer) -> &Value {
    &answer.json["error"]
}

#[tokio::test]
async fn keys_that_do_not_hold_are_all_refused_in_the_same_words() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let created = alice.client.post("/api_keys", json!({"name": "k"})).await.expect(201);
    let key = created.json["key"].as_str().unwrap().to_owned();
    let known = server.anonymous().with_token(&key);
    known.get("/v1/models").await.expect(200);

    let mut other = inventiv_server::features::api_keys::NewKey::generate().text;
    let unknown = server.anonymous().with_token(&other);
    other.replace_range(4..20, &key[4..20]);
    let refused = [
        server.anonymous().get("/v1/models").await.expect(401),
        unknown.get("/v1/models").await.expect(401),
        server
            .anonymous()
            .with_token(&other)
            .get("/v1/models")
            .await
            .expect(401),
        server
            .anonymous()
            .with_token("inv_x")
            .get("/v1/models")
            .await
            .expect(401),
        server
            .anonymous()
            .with_token("nonsense")
            .get("/v1/models")
            .await
            .expect(401),
    ];
    for answer in &refused {
        assert_eq!(answer.json, refused[0].json);
        assert_eq!(error(answer)["code"], "invalid_api_key");
        assert!(answer.headers.contains_key("x-request-id"));
    }
    // A key opens /v1 and nothing else.
    assert_eq!(known.get("/api_keys").await.expect(401).code(), "session_required");

    server.program.core.clock.advance(chrono::Duration::days(1));
    let session = server.sign_in("alice").await;
    let expires_at = (server.program.core.clock.now() + chrono::Duration::hours(1)).to_rfc3339();
    let path = format!("/api_keys/{}", created.json["id"].as_str().unwrap());
    session.put(&path, json!({"expires_at": expires_at})).await.expect(200);
    known.get("/v1/models").await.expect(200);
    server.program.core.clock.advance(chrono::Duration::hours(2));
    known.get("/v1/models").await.expect(401);
}

/// The first refusal comes after the act's answer, not before. How soon is told, not asserted.
#[expect(clippy::print_stderr, reason = "the report of a measured delay")]
async fn refused_soon(client: &Client, what: &str) {
    let since = Instant::now();
    eventually(what, || async {
        (client.get("/v1/models").await.status == 401).then_some(())
    })
    .await;
    eprintln!("{what}: {:?} after the commit", since.elapsed());
}

#[tokio::test]
async fn a_revoked_key_and_a_key_whose_maker_left_are_refused() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let organization = server.organization(&mut owner, "Acme").await;
    let key = owner.client.post("/api_keys", json!({"name": "k"})).await.expect(201);
    let caller = server.anonymous().with_token(key.json["key"].as_str().unwrap());
    for _ in 0..3 {
        caller.get("/v1/models").await.expect(200);
    }
    let path = format!("/api_keys/{}", key.json["id"].as_str().unwrap());
    owner.client.delete(&path).await.expect(204);
    refused_soon(&caller, "a revoked key is refused").await;

    sqlx::query("UPDATE organizations SET members_can_create_keys = true")
        .execute(&server.owner)
        .await
        .unwrap();
    let member = server
        .member(organization, "member", inventiv_server::permissions::Role::User)
        .await;
    let caller = server.with_key(&member.client).await;
    caller.get("/v1/models").await.expect(200);
    let change = json!({"topic": "members", "tenant": organization, "id": member.id}).to_string();
    let mut tx = server.owner.begin().await.unwrap();
    sqlx::query("DELETE FROM organization_memberships WHERE user_id = $1")
        .bind(member.id)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("SELECT pg_notify('inventiv', $1)")
        .bind(change)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    refused_soon(&caller, "a key whose maker left is refused").await;
}

#[tokio::test]
async fn known_keys_and_models_need_no_query() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    eventually("the replica listens", || async {
        server.program.core.events.is_listening().then_some(())
    })
    .await;
    let mut news = server.program.core.events.subscribe();
    let key = server.with_key(&alice.client).await;
    // Making the key is news, and news makes the gateway forget: warm it after that.
    news.next().await.unwrap();
    key.get("/v1/models").await.expect(200);
    key.get("/v1/models").await.expect(200);
    sqlx::query("DROP FUNCTION auth.api_key_by_public_id(text)")
        .execute(&server.owner)
        .await
        .unwrap();
    key.get("/v1/models").await.expect(200);
    let unknown = inventiv_server::features::api_keys::NewKey::generate().text;
    let unknown = server.anonymous().with_token(&unknown);
    let failed = unknown.get("/v1/models").await.expect(500);
    assert_eq!(error(&failed)["code"], "internal_error");
}

#[tokio::test]
async fn a_key_says_when_it_was_last_used() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = server.with_key(&alice.client).await;
    let last_used = || async {
        let listed = alice.client.get("/api_keys").await.expect(200);
        listed.json["items"][0]["last_used_at"].as_str().map(str::to_owned)
    };
    assert_eq!(last_used().await, None);
    key.get("/v1/models").await.expect(200);
    let used = eventually("the use is written", last_used).await;
    assert!(used.parse::<chrono::DateTime<chrono::Utc>>().unwrap() <= server.program.core.clock.now());
}

#[tokio::test]
async fn another_tenants_model_is_like_none() {
    let server = TestServer::start().await;
    let (mut alice, mut bob) = (server.person("alice").await, server.person("bob").await);
    let acme = server.organization(&mut alice, "Acme").await;
    server.organization(&mut bob, "Globex").await;
    let engine = Engine::start().await;
    let model = server.model(acme, MODEL).await;
    server
        .instance(InstanceRow::ready(acme, acme, model, engine.address))
        .await;
    let (ours, theirs) = (server.with_key(&alice.client).await, server.with_key(&bob.client).await);

    let mut by_id = chat(json!({"tokens": 1}));
    by_id["model"] = json!(model);
    let answer = ours.post("/v1/chat/completions", by_id.clone()).await.expect(200);
    assert_eq!(answer.json["model"], json!(model), "the caller's name comes back");
    for asked in [json!(MODEL), json!(model)] {
        let body = json!({"model": asked, "messages": []});
        let foreign = theirs.post("/v1/chat/completions", body).await.expect(404);
        let name = asked.as_str().unwrap();
        let nothing = json!({"model": name.replace('0', "1").replace("tiny", "tinz"), "messages": []});
        let absent = theirs.post("/v1/chat/completions", nothing).await.expect(404);
        assert_eq!(error(&foreign)["code"], "model_not_found");
        assert_eq!(error(&foreign)["code"], error(&absent)["code"]);
        assert_eq!(error(&foreign)["type"], error(&absent)["type"]);
        theirs.get(&format!("/v1/models/{name}")).await.expect(404);
    }
    assert_eq!(
        entry(&theirs.get("/v1/models").await.expect(200).json["data"], MODEL),
        None
    );
    assert_eq!(
        entry(&bob.client.get("/chat/models").await.expect(200).json["items"], MODEL),
        None
    );
    assert!(entry(&alice.client.get("/chat/models").await.expect(200).json["items"], MODEL).is_some());
    assert_eq!(server.usage(1).await.len(), 1);
}

#[tokio::test]
async fn a_key_calls_only_the_models_it_is_restricted_to() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let acme = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let model = server.model(acme, MODEL).await;
    server.model(acme, "other").await;
    server
        .instance(InstanceRow::ready(acme, acme, model, engine.address))
        .await;
    let keyed = |models: Value| {
        let client = alice.client.clone();
        let anonymous = server.anonymous();
        async move {
            let body = json!({"name": "k", "allowed_models": models});
            let created = client.post("/api_keys", body).await.expect(201);
            anonymous.with_token(created.json["key"].as_str().unwrap())
        }
    };
    let right = keyed(json!([MODEL])).await;
    right
        .post("/v1/chat/completions", chat(json!({"tokens": 1})))
        .await
        .expect(200);
    let listed = right.get("/v1/models").await.expect(200);
    assert_eq!(listed.json["data"].as_array().unwrap().len(), 1);
    let wrong = keyed(json!(["other"])).await;
    let refused = wrong.post("/v1/chat/completions", chat(json!({}))).await.expect(404);
    assert_eq!(error(&refused)["code"], "model_not_found");
    wrong.get("/v1/models/demo/tiny-chat").await.expect(404);
}

#[tokio::test]
async fn what_is_switched_off_says_which_activation_of_what_is_missing() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let acme = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let model = server.model(acme, MODEL).await;
    let key = server.with_key(&alice.client).await;
    let ask = || key.post("/v1/chat/completions", chat(json!({"tokens": 1})));

    let nobody = ask().await.expect(503);
    assert_eq!(error(&nobody)["code"], "service_unavailable");
    assert!(nobody.headers.contains_key("retry-after"));

    let row = InstanceRow {
        tech: false,
        eco: false,
        ..InstanceRow::ready(acme, acme, model, engine.address)
    };
    let instance = server.instance(row).await;
    let off = ask().await.expect(403);
    assert_eq!(error(&off)["code"], "model_not_operational");
    assert_eq!(off.headers["x-should-retry"], "false");
    assert!(
        off.text
            .contains("technical activation of the instance, economic activation of the instance"),
        "{}",
        off.text
    );
    let offered = alice.client.get("/chat/models").await.expect(200);
    let offered = entry(&offered.json["items"], MODEL).unwrap();
    assert_eq!(offered["missing_activations"], json!(["tech", "eco"]));
    assert_eq!(offered["is_ready"], false);

    let set = |statement: &'static str, id: Uuid| {
        let server = &server;
        async move {
            sqlx::query(statement).bind(id).execute(&server.owner).await.unwrap();
            server.look_again().await;
        }
    };
    set(
        "UPDATE instances SET tech_activated_at = now(), eco_activated_at = now() WHERE id = $1",
        instance,
    )
    .await;
    ask().await.expect(200);
    set("UPDATE models SET eco_activated_at = NULL WHERE id = $1", model).await;
    let off = ask().await.expect(403);
    assert!(off.text.contains("economic activation of the model"), "{}", off.text);
    assert_eq!(
        entry(&key.get("/v1/models").await.expect(200).json["data"], MODEL),
        None
    );
    set("UPDATE models SET eco_activated_at = now() WHERE id = $1", model).await;
    // Listed whether a worker is ready or not.
    set(
        "UPDATE instances SET last_heartbeat_at = now() - interval '11 seconds' WHERE id = $1",
        instance,
    )
    .await;
    ask().await.expect(503);
    assert!(entry(&key.get("/v1/models").await.expect(200).json["data"], MODEL).is_some());
    for path in ["/v1/models/demo%2Ftiny-chat", "/v1/models/demo/tiny-chat"] {
        let shown = key.get(path).await.expect(200);
        assert_eq!(shown.json["context_length"], 8192);
        assert_eq!(shown.json["owned_by"], "acme");
    }
    // An instance that is not ready is waited for: no silent, paid fallback to the platform's.
    set(
        "UPDATE instances SET last_heartbeat_at = now() + interval '1 day', status = 'starting' WHERE id = $1",
        instance,
    )
    .await;
    ask().await.expect(503);
}

#[tokio::test]
async fn an_own_model_hides_a_public_one_of_the_same_name() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let acme = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let public = server.model(PLATFORM, MODEL).await;
    server.price(PLATFORM, public).await;
    server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, public, engine.address))
        .await;
    let key = server.with_key(&alice.client).await;
    key.post("/v1/chat/completions", chat(json!({"tokens": 1})))
        .await
        .expect(200);
    let own = server.model(acme, MODEL).await;
    key.post("/v1/chat/completions", chat(json!({"tokens": 1})))
        .await
        .expect(503);
    server
        .instance(InstanceRow::ready(acme, acme, own, engine.address))
        .await;
    key.post("/v1/chat/completions", chat(json!({"tokens": 1})))
        .await
        .expect(200);
    let usage = server.usage(2).await;
    assert_eq!(usage[0]["model_id"], json!(public));
    assert_eq!(usage[1]["model_id"], json!(own));
    let listed = key.get("/v1/models").await.expect(200);
    let of_this_name = listed.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|model| model["id"] == MODEL);
    assert_eq!(of_this_name.count(), 1);
    assert_eq!(entry(&listed.json["data"], MODEL).unwrap()["owned_by"], "acme");
}

#[tokio::test]
async fn a_request_at_fault_is_told_where() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = server.with_key(&alice.client).await;
    let cases = [
        ("", Value::Null),
        ("{", Value::Null),
        ("[]", Value::Null),
        ("{}", json!("model")),
        (r#"{"model":3}"#, json!("model")),
        (r#"{"model":"a","stream":"yes"}"#, json!("stream")),
        (r#"{"model":"a","model":"b"}"#, json!("model")),
        (r#"{"model":"a","max_tokens":"x"}"#, json!("max_tokens")),
    ];
    for (body, param) in cases {
        let answer = key
            .request(reqwest::Method::POST, "/v1/chat/completions")
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        assert!(answer.headers().contains_key("x-request-id"));
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["type"], "invalid_request_error", "{body}");
        assert_eq!(answer["error"]["param"], param, "{body}");
    }
    for path in ["/v1", "/v1/", "/v1/nothing"] {
        let unknown = key.get(path).await.expect(404);
        assert_eq!(error(&unknown)["code"], "unknown_url", "{path}");
    }
    for path in ["/v1/models/%ff", "/v1/models/a/%ff"] {
        let unknown = key.get(path).await.expect(404);
        assert_eq!(error(&unknown)["code"], "model_not_found", "{path}");
    }
    let compressed = key.with_header("content-encoding", "gzip");
    let refused = compressed
        .post("/v1/chat/completions", json!({"model": MODEL}))
        .await
        .expect(415);
    assert_eq!(error(&refused)["code"], "unsupported_content_encoding");
    let wrong = key.get("/v1/chat/completions").await.expect(405);
    assert_eq!(error(&wrong)["code"], "method_not_allowed");

    let large = vec![b' '; 32 * 1024 * 1024 + 1];
    for chunked in [false, true] {
        let request = key.request(reqwest::Method::POST, "/v1/chat/completions");
        let request = if chunked {
            let pieces = large
                .chunks(1 << 20)
                .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
                .collect::<Vec<_>>();
            request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)))
        } else {
            request.body(large.clone())
        };
        // A server that answers before it has read all may close the connection under the client's hands.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status(), 413);
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["error"]["code"], "request_too_large");
        }
    }
}
