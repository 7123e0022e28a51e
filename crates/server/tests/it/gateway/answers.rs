//! Answers are exact, to the client and to the accountant.

use chrono::{Duration, NaiveTime};
use serde_json::json;
use uuid::Uuid;

use super::fake::{EngineAnswer, Fake};
use super::world::{Engine, InstanceRow, MODEL, PLATFORM, PROMPT_TOKENS, chat, chat_stream, entry, events};
use crate::harness::TestServer;

#[tokio::test]
async fn an_answer_at_once_is_passed_on_and_accounted_for() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let model = server.model(PLATFORM, MODEL).await;
    let instance = server
        .instance(InstanceRow::ready(organization, PLATFORM, model, engine.address))
        .await;
    let key = server.with_key(&alice.client).await;

    let answer = key
        .post("/v1/chat/completions", chat(json!({"tokens": 7})))
        .await
        .expect(200);
    assert_eq!(answer.json["model"], MODEL);
    assert_eq!(answer.json["usage"]["prompt_tokens"], PROMPT_TOKENS);
    assert_eq!(answer.json["usage"]["completion_tokens"], 7);
    for header in ["x-request-id", "openai-processing-ms", "x-inventiv-overhead-ms"] {
        assert!(answer.headers.contains_key(header), "{header}");
    }
    assert_eq!(answer.headers["x-inventiv-worker"], instance.to_string());

    let usage = &server.usage(1).await[0];
    assert_eq!(usage["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(usage["uncached_input_tokens"], PROMPT_TOKENS);
    assert_eq!(usage["output_tokens"], 7);
    assert_eq!(usage["outcome"], "complete");
    assert_eq!(usage["streamed"], false);
    assert_eq!(usage["consumer_tenant"], json!(organization));
    assert_eq!(usage["provider_tenant"], json!(organization));
    assert_eq!(usage["consumer_user_id"], json!(alice.id));
    assert_eq!(usage["api_key_name"], "test");
    // Served by its own instance.
    assert_eq!(usage["price_id"], json!(null));
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.0));
}

#[tokio::test]
async fn a_public_model_on_a_platform_instance_is_charged_by_its_price_version() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let engine = Engine::start().await;
    let model = server.model(PLATFORM, MODEL).await;
    server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, model, engine.address))
        .await;
    let key = server.with_key(&alice.client).await;
    // Nothing that can be charged is served without a price.
    let refused = key.post("/v1/chat/completions", chat(json!({}))).await.expect(403);
    assert!(refused.text.contains("price"), "{}", refused.text);

    let price = server.price(PLATFORM, model).await;
    key.post("/v1/chat/completions", chat(json!({"tokens": 8})))
        .await
        .expect(200);
    let usage = &server.usage(1).await[0];
    assert_eq!(usage["price_id"], json!(price));
    assert_eq!(usage["consumer_tenant"], json!(alice.id));
    assert_eq!(usage["provider_tenant"], json!(PLATFORM));
    let charge: rust_decimal::Decimal = sqlx::query_scalar("SELECT charge_eur FROM inference_usage")
        .fetch_one(&server.owner)
        .await
        .unwrap();
    // 4 tokens at 1 EUR and 8 at 2 EUR per million.
    assert_eq!(charge, rust_decimal::dec!(0.00002));
    let listed = key.get("/v1/models").await.expect(200);
    assert_eq!(entry(&listed.json["data"], MODEL).unwrap()["pricing"]["output"], "2");
}

#[tokio::test]
async fn what_tokens_cost_is_part_of_what_the_workspace_cost() {
    let server = TestServer::start().await;
    // Long before midnight, which is also the end of some month.
    let clock = &server.program.core.clock;
    let noon = (clock.now() + Duration::days(1))
        .date_naive()
        .and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap())
        .and_utc();
    clock.advance(noon - clock.now());
    let alice = server.person("alice").await;
    let engine = Engine::start().await;
    let model = server.model(PLATFORM, MODEL).await;
    server.price(PLATFORM, model).await;
    server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, model, engine.address))
        .await;
    let key = server.with_key(&alice.client).await;
    key.post("/v1/chat/completions", chat(json!({"tokens": 1})))
        .await
        .expect(200);
    server.usage(1).await;

    // 4 tokens at 1 EUR and 1 at 2 EUR per million, and no server of one's own.
    let cost = alice.client.get("/finops/cost/current").await.expect(200).json;
    for period in ["today", "month_to_date"] {
        let parts = ["", "_instances", "_tokens"].map(|part| cost[format!("{period}{part}_eur")].clone());
        assert_eq!(parts, ["0.000006", "0", "0.000006"], "{period}");
    }
    let daily = alice.client.get("/finops/cost/daily").await.expect(200).json;
    let today =
        json!({"day": noon.date_naive(), "cost_eur": "0.000006", "instances_eur": "0", "tokens_eur": "0.000006"});
    assert_eq!(daily["items"].as_array().unwrap().last(), Some(&today));
}

#[tokio::test]
async fn a_stream_shows_usage_to_those_who_asked_and_counts_it_for_all() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let model = server.model(organization, MODEL).await;
    server
        .instance(InstanceRow::ready(organization, organization, model, engine.address))
        .await;
    let key = server.with_key(&alice.client).await;

    let plain = key
        .post("/v1/chat/completions", chat_stream(json!({"tokens": 5})))
        .await
        .expect(200);
    assert_eq!(plain.headers["content-type"], "text/event-stream");
    assert_eq!(plain.headers["x-accel-buffering"], "no");
    assert_eq!(plain.headers["cache-control"], "no-cache");
    let chunks = events(&plain.text);
    assert_eq!(chunks.last().unwrap(), "[DONE]");
    for chunk in &chunks[..chunks.len() - 1] {
        assert_eq!(chunk["model"], MODEL);
        assert!(chunk.get("usage").is_none(), "{chunk}");
        assert_eq!(chunk["choices"].as_array().unwrap().len(), 1);
    }

    let mut asked = chat_stream(json!({"tokens": 5}));
    asked["stream_options"] = json!({"include_usage": true});
    let told = key.post("/v1/chat/completions", asked).await.expect(200);
    let chunks = events(&told.text);
    let totals = &chunks[chunks.len() - 2];
    assert_eq!(totals["choices"], json!([]));
    assert_eq!(totals["usage"]["prompt_tokens"], PROMPT_TOKENS);
    assert_eq!(totals["usage"]["completion_tokens"], 5);
    assert!(chunks[..chunks.len() - 2].iter().all(|chunk| chunk["usage"].is_null()));

    for usage in server.usage(2).await {
        assert_eq!(usage["uncached_input_tokens"], PROMPT_TOKENS);
        assert_eq!(usage["output_tokens"], 5);
        assert_eq!(usage["outcome"], "complete");
        assert_eq!(usage["streamed"], true);
        assert!(usage["first_token_ms"].is_number());
    }
}

#[tokio::test]
async fn the_worker_sees_the_body_as_it_was_sent_but_for_what_is_ours() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let fake = Fake::start(EngineAnswer::Json(
        200,
        r#"{"id":"x","model":"whatever","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
    ))
    .await;
    let model = server.model(organization, MODEL).await;
    server
        .instance(InstanceRow::ready(organization, organization, model, fake.address))
        .await;
    let key = server.with_key(&alice.client).await;
    let sent = format!(
        r#"{{"priority":9, "model":"{MODEL}","cache_salt":"mine","seed":12345678901234567890,"temperature":0.70, "messages":[] ,"x":{{"b":1,"a":2}}}}"#
    );
    let answer = key
        .request(reqwest::Method::POST, "/v1/chat/completions")
        .header("content-type", "application/json")
        .header("cookie", "secret=1")
        .body(sent)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert!(text.starts_with(&format!(r#"{{"id":"x","model":"{MODEL}""#)), "{text}");

    let seen = &fake.seen()[0];
    let salt = seen
        .body
        .split(r#""cache_salt":""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        seen.body,
        format!(
            r#"{{"model":"{MODEL}","cache_salt":"{salt}","seed":12345678901234567890,"temperature":0.70, "messages":[] ,"x":{{"b":1,"a":2}}}}"#
        )
    );
    assert_ne!(salt, "mine");
    assert!(!seen.headers.contains_key("cookie"));
    let authorization = seen.headers["authorization"].to_str().unwrap();
    assert!(!authorization.contains("inv_"));
    let mut names: Vec<&str> = seen.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "authorization",
            "content-length",
            "content-type",
            "host",
            "x-request-id"
        ]
    );
}

#[tokio::test]
async fn a_session_chats_like_a_key_and_pays_for_its_workspace() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let engine = Engine::start().await;
    let model = server.model(organization, MODEL).await;
    server
        .instance(InstanceRow::ready(organization, organization, model, engine.address))
        .await;
    let offered = alice.client.get("/chat/models").await.expect(200);
    assert_eq!(
        entry(&offered.json["items"], MODEL),
        Some(&json!({"id": MODEL, "name": MODEL, "context_length": 8192, "is_ready": true, "missing_activations": []}))
    );
    alice
        .client
        .post("/v1/chat/completions", chat(json!({"tokens": 3})))
        .await
        .expect(200);
    let usage = &server.usage(1).await[0];
    assert_eq!(usage["api_key_id"], json!(null));
    assert_eq!(usage["consumer_organization_id"], json!(organization));
    assert_eq!(usage["consumer_user_id"], json!(alice.id));

    let elsewhere = alice.client.with_header("x-inventiv-workspace", "personal");
    let refused = elsewhere
        .post("/v1/chat/completions", chat(json!({})))
        .await
        .expect(409);
    assert_eq!(refused.json["error"]["code"], "workspace_changed");
    let key = server.with_key(&alice.client).await;
    for (claim, status) in [
        (organization.to_string(), 200),
        ("personal".to_owned(), 409),
        (Uuid::nil().to_string(), 409),
    ] {
        let caller = key.with_header("x-inventiv-workspace", &claim);
        let answer = caller
            .post("/v1/chat/completions", chat(json!({"tokens": 3})))
            .await
            .expect(status);
        assert!(
            status == 200 || answer.json["error"]["code"] == "workspace_changed",
            "{claim}"
        );
        caller.get("/v1/models").await.expect(status);
    }
    let login = server
        .anonymous()
        .post(
            "/auth/login",
            json!({"login": "alice", "password": crate::harness::PASSWORD}),
        )
        .await
        .expect(200);
    let cookie = login.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let foreign = server
        .anonymous()
        .with_header("cookie", cookie)
        .with_header("origin", "https://evil.example");
    let refused = foreign.post("/v1/chat/completions", chat(json!({}))).await.expect(403);
    assert_eq!(refused.json["error"]["code"], "foreign_origin");
    foreign.get("/v1/models").await.expect(200);
}
