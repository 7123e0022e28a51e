//! How requests end early: the client leaves, the worker fails.

#![expect(clippy::disallowed_methods, reason = "a test does two things at once")]

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::fake::{EngineAnswer, Fake};
use super::world::{Engine, InstanceRow, MODEL, PLATFORM, PROMPT_TOKENS, chat, chat_stream, events};
use crate::harness::{Client, TestServer, eventually};

pub struct Scene {
    pub server: TestServer,
    pub key: Client,
}

/// A key whose public model is served by a platform instance at the address, so that charges are seen.
pub async fn scene(address: std::net::SocketAddr) -> Scene {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let model = server.model(PLATFORM, MODEL).await;
    server.price(PLATFORM, model).await;
    server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, model, address))
        .await;
    let key = server.with_key(&alice.client).await;
    Scene { server, key }
}

impl Scene {
    pub async fn outcome(&self) -> Value {
        self.server.usage(1).await[0].clone()
    }

    pub async fn idle(&self) {
        eventually("no request is open", || async {
            self.server.program.usage.settling().is_empty().then_some(())
        })
        .await;
    }
}

async fn aborted(engine: &Engine, count: u64) {
    eventually("the engine stopped", || async {
        (engine.metric("inventiv_mock_aborted_total").await == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_token_pays_nothing_and_stops_the_engine() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    let body = chat_stream(json!({"fault": "hang"}));
    let request = scene
        .key
        .request(reqwest::Method::POST, "/v1/chat/completions")
        .json(&body);
    let pending = tokio::spawn(request.send());
    eventually("the engine works", || async {
        (engine.metric("vllm:num_requests_running").await == 1).then_some(())
    })
    .await;
    pending.abort();
    aborted(&engine, 1).await;
    let usage = scene.outcome().await;
    assert_eq!(usage["outcome"], "abandoned");
    assert_eq!(usage["http_status"], 499);
    assert_eq!(usage["output_tokens"], 0);
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.0));
    scene.idle().await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_engines_queue_leaves_the_queue() {
    let engine = Engine::start_with(&["--max-num-seqs", "1"]).await;
    let scene = scene(engine.address).await;
    let send = |body: Value| {
        let request = scene
            .key
            .request(reqwest::Method::POST, "/v1/chat/completions")
            .json(&body);
        tokio::spawn(request.send())
    };
    let first = send(chat(json!({"fault": "hang"})));
    eventually("the engine works", || async {
        (engine.metric("vllm:num_requests_running").await == 1).then_some(())
    })
    .await;
    let second = send(chat(json!({})));
    eventually("one waits", || async {
        (engine.metric("vllm:num_requests_waiting").await == 1).then_some(())
    })
    .await;
    second.abort();
    aborted(&engine, 1).await;
    first.abort();
    aborted(&engine, 2).await;
    for usage in scene.server.usage(2).await {
        assert_eq!(usage["outcome"], "abandoned");
    }
    scene.idle().await;
}

#[tokio::test]
async fn a_client_that_leaves_mid_stream_pays_for_what_was_made_until_then() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    // Three tokens, then silence.
    let body = chat_stream(json!({"tokens": 500, "fault": "hang", "fault_after_tokens": 3}));
    let response = scene
        .key
        .request(reqwest::Method::POST, "/v1/chat/completions")
        .json(&body)
        .send()
        .await
        .unwrap();
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    while text.matches("\"content\"").count() < 4 {
        text.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    drop(stream);
    aborted(&engine, 1).await;
    let usage = scene.outcome().await;
    assert_eq!(usage["outcome"], "abandoned");
    assert_eq!(usage["uncached_input_tokens"], PROMPT_TOKENS);
    assert_eq!(usage["output_tokens"], 3);
    // 4 tokens at 1 EUR and 3 at 2 EUR per million.
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.00001));
    scene.idle().await;
}

#[tokio::test]
async fn a_client_that_leaves_an_answer_at_once_stops_the_engine_too() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    let body = chat(json!({"tokens": 500, "fault": "hang", "fault_after_tokens": 3}));
    let pending = tokio::spawn(
        scene
            .key
            .request(reqwest::Method::POST, "/v1/chat/completions")
            .json(&body)
            .send(),
    );
    eventually("tokens are made", || async {
        (engine.metric("vllm:generation_tokens_total").await == 3).then_some(())
    })
    .await;
    pending.abort();
    aborted(&engine, 1).await;
    assert_eq!(scene.outcome().await["outcome"], "abandoned");
    scene.idle().await;
}

#[tokio::test]
async fn a_worker_that_breaks_off_mid_stream_is_told_in_the_stream_and_is_free() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    for fault in ["cut_stream", "error_mid_stream"] {
        let body = chat_stream(json!({"tokens": 50, "fault": fault, "fault_after_tokens": 4}));
        let answer = scene.key.post("/v1/chat/completions", body).await.expect(200);
        let chunks = events(&answer.text);
        assert_eq!(chunks.last().unwrap(), "[DONE]", "{fault}");
        assert!(chunks[chunks.len() - 2]["error"]["message"].is_string(), "{fault}");
    }
    for usage in scene.server.usage(2).await {
        assert_eq!(usage["outcome"], "partial");
        assert_eq!(usage["output_tokens"], 4);
        assert_eq!(usage["charge_eur"].as_f64(), Some(0.0));
    }
    scene.idle().await;
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_event_has_a_real_status() {
    for (answer, status) in [
        (EngineAnswer::BrokenEvents("data: {\"id\":"), 502),
        (EngineAnswer::Events(""), 502),
        (
            EngineAnswer::Events("data: {\"error\":{\"message\":\"full\",\"type\":\"x\",\"code\":503}}\n\n"),
            503,
        ),
    ] {
        let fake = Fake::start(answer).await;
        let scene = scene(fake.address).await;
        let answer = scene
            .key
            .post("/v1/chat/completions", chat_stream(json!({})))
            .await
            .expect(status);
        assert!(answer.json["error"]["message"].is_string());
        let usage = scene.outcome().await;
        assert_eq!(usage["outcome"], "failed");
        assert_eq!(usage["http_status"], status);
    }
}

#[tokio::test]
async fn an_engines_error_comes_in_openais_shape_and_is_free() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    for (fault, status) in [
        ("error_500", 500),
        ("vllm_flat_error", 400),
        ("slow_load", 503),
        ("cut_stream", 502),
    ] {
        let answer = scene
            .key
            .post("/v1/chat/completions", chat(json!({"fault": fault})))
            .await
            .expect(status);
        let error = &answer.json["error"];
        assert!(
            error["message"].is_string() && error["type"].is_string(),
            "{}",
            answer.text
        );
        assert!(error["code"].is_string() || error["code"].is_null(), "{}", answer.text);
        assert!(answer.headers.contains_key("x-request-id"));
    }
    for usage in scene.server.usage(4).await {
        assert_eq!(usage["outcome"], "failed");
        assert_eq!(usage["charge_eur"].as_f64(), Some(0.0));
    }
    scene.idle().await;
}

#[tokio::test]
async fn a_worker_that_is_gone_is_unavailable() {
    let engine = Engine::start().await;
    let address = engine.address;
    drop(engine);
    let scene = scene(address).await;
    let answer = scene
        .key
        .post("/v1/chat/completions", chat(json!({})))
        .await
        .expect(503);
    assert_eq!(answer.json["error"]["code"], "service_unavailable");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(scene.outcome().await["outcome"], "failed");
}

#[tokio::test]
async fn requests_go_to_the_least_busy_worker() {
    let (first, second) = (Engine::start().await, Engine::start().await);
    let scene = scene(first.address).await;
    let model: uuid::Uuid = sqlx::query_scalar("SELECT id FROM models WHERE model_id = $1")
        .bind(MODEL)
        .fetch_one(&scene.server.owner)
        .await
        .unwrap();
    scene
        .server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, model, second.address))
        .await;
    let body = chat(json!({"fault": "hang"}));
    let hanging: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn(
                scene
                    .key
                    .request(reqwest::Method::POST, "/v1/chat/completions")
                    .json(&body)
                    .send(),
            )
        })
        .collect();
    eventually("both work", || async {
        let running = (
            first.metric("vllm:num_requests_running").await,
            second.metric("vllm:num_requests_running").await,
        );
        (running == (2, 2)).then_some(())
    })
    .await;
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
    scene.server.usage(4).await;
    scene.idle().await;
}

#[tokio::test]
async fn an_engine_that_tells_no_usage_is_counted_by_what_passed() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    let body = chat_stream(json!({"tokens": 6, "fault": "missing_usage"}));
    scene.key.post("/v1/chat/completions", body).await.expect(200);
    let usage = scene.outcome().await;
    assert_eq!(usage["outcome"], "complete");
    assert_eq!(usage["output_tokens"], 6);
    assert_eq!(usage["estimated"], true);
}

#[tokio::test]
async fn a_program_that_stops_lets_requests_finish_then_cuts_the_rest_and_accounts_for_all() {
    let engine = Engine::start().await;
    let server = TestServer::start_with(|config| config.shutdown_grace = 8).await;
    let alice = server.person("alice").await;
    let model = server.model(PLATFORM, MODEL).await;
    server.price(PLATFORM, model).await;
    server
        .instance(InstanceRow::ready(PLATFORM, PLATFORM, model, engine.address))
        .await;
    let key = server.with_key(&alice.client).await;
    let endless = chat_stream(json!({"tokens": 50, "fault": "hang", "fault_after_tokens": 2}));
    // Long enough to be seen running, even on a busy machine; well within the grace.
    let short = chat_stream(json!({"tokens": 10, "delay_ms_per_token": 300}));
    let send = |body: Value| {
        let key = key.clone();
        tokio::spawn(async move { key.post("/v1/chat/completions", body).await })
    };
    let (endless, short) = (send(endless), send(short));
    eventually("both run", || async {
        (server.program.usage.settling().len() == 2).then_some(())
    })
    .await;
    eventually("the engine works on both", || async {
        (engine.metric("vllm:num_requests_running").await == 2).then_some(())
    })
    .await;
    let owner = server.owner.clone();
    server.stop().await;
    let short = short.await.unwrap().expect(200);
    assert!(
        short.text.ends_with("data: [DONE]\n\n") && !short.text.contains("error"),
        "{}",
        short.text
    );
    let cut = endless.await.unwrap().expect(200);
    let chunks = events(&cut.text);
    assert_eq!(chunks[chunks.len() - 2]["error"]["code"], "service_unavailable");
    let mut outcomes: Vec<String> = sqlx::query_scalar("SELECT outcome FROM inference_usage")
        .fetch_all(&owner)
        .await
        .unwrap();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["complete", "partial"]);
}
