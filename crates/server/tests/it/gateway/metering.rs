//! What a request is counted as, whatever its engine says: each token once, by the engine's count or, marked as estimated, by ours.

#![expect(clippy::disallowed_methods, reason = "a test does two things at once")]

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::ends::{Scene, scene};
use super::fake::{EngineAnswer, Fake};
use super::world::{Engine, PROMPT_TOKENS, chat, chat_stream};
use crate::harness::eventually;

/// Reads that many chunks with content, then leaves.
async fn leaves_after(scene: &Scene, body: Value, chunks: usize) -> Value {
    let request = scene.key.request(reqwest::Method::POST, "/v1/chat/completions");
    let mut stream = request.json(&body).send().await.unwrap().bytes_stream();
    let mut text = String::new();
    while text.matches("\"content\":\"").count() - text.matches("\"content\":\"\"").count() < chunks {
        text.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    drop(stream);
    scene.outcome().await
}

fn counted(usage: &Value) -> (&str, i64, i64, bool) {
    (
        usage["outcome"].as_str().unwrap(),
        usage["uncached_input_tokens"].as_i64().unwrap(),
        usage["output_tokens"].as_i64().unwrap(),
        usage["estimated"].as_bool().unwrap(),
    )
}

#[tokio::test]
async fn several_choices_that_are_left_early_count_each_token_once() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    let mut body = chat_stream(json!({"tokens": 500, "fault": "hang", "fault_after_tokens": 10}));
    body["n"] = json!(2);
    let usage = leaves_after(&scene, body, 20).await;
    assert_eq!(counted(&usage), ("abandoned", PROMPT_TOKENS as i64, 20, false));
    // 4 tokens at 1 EUR and 20 at 2 EUR per million.
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.000044));
}

/// A chunk of a choice with what its report says it made; `None`: no report.
fn chunk(choice: usize, delta: &str, tokens: Option<usize>) -> String {
    let usage = tokens.map_or("null".to_owned(), |tokens| {
        format!(
            r#"{{"prompt_tokens":3,"completion_tokens":{tokens},"total_tokens":{}}}"#,
            3 + tokens
        )
    });
    format!("data: {{\"id\":\"c\",\"choices\":[{{\"index\":{choice},\"delta\":{delta}}}],\"usage\":{usage}}}\n\n")
}

const TEXT: &str = r#"{"content":"x"}"#;

#[tokio::test]
async fn an_engine_that_reports_each_choice_alone_is_added_up_over_choices_and_never_over_time() {
    let roles = (0..2).map(|choice| chunk(choice, r#"{"role":"assistant","content":""}"#, Some(0)));
    let texts = (0..20).map(|number| chunk(number % 2, TEXT, Some(number / 2 + 1)));
    let fake = Fake::start(EngineAnswer::EndlessEvents(roles.chain(texts).collect())).await;
    let scene = scene(fake.address).await;
    let usage = leaves_after(&scene, chat_stream(json!({})), 20).await;
    assert_eq!(counted(&usage), ("abandoned", 3, 20, false));
}

#[tokio::test]
async fn a_stream_without_reports_is_counted_by_its_chunks_with_content() {
    let events = [
        chunk(0, r#"{"role":"assistant","content":""}"#, None),
        chunk(0, r#"{"reasoning_content":"hm"}"#, None),
        chunk(0, r#"{"content":null}"#, None),
        chunk(0, "{}", None),
        chunk(0, r#"{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}"#, None),
        chunk(1, TEXT, None),
    ];
    let fake = Fake::start(EngineAnswer::EndlessEvents(events.concat())).await;
    let scene = scene(fake.address).await;
    let usage = leaves_after(&scene, chat_stream(json!({})), 1).await;
    assert_eq!(counted(&usage), ("abandoned", 0, 3, true));
    // 3 tokens at 2 EUR per million.
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.000006));
}

#[tokio::test]
async fn an_engine_that_dies_in_the_middle_is_counted_and_free() {
    const EVENTS: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n\
                          data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"y\"}}]}\n\n";
    let fake = Fake::start(EngineAnswer::BrokenEvents(EVENTS)).await;
    let scene = scene(fake.address).await;
    scene
        .key
        .post("/v1/chat/completions", chat_stream(json!({})))
        .await
        .expect(200);
    let usage = scene.outcome().await;
    assert_eq!(counted(&usage), ("partial", 0, 2, true));
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.0));
}

#[tokio::test]
async fn a_count_that_no_answer_has_is_none() {
    for usage in [
        "null",
        "{}",
        r#"{"prompt_tokens":-3,"completion_tokens":8}"#,
        r#"{"prompt_tokens":3,"completion_tokens":-8}"#,
        r#"{"prompt_tokens":3,"completion_tokens":"8"}"#,
        r#"{"prompt_tokens":3,"completion_tokens":999999999999999}"#,
    ] {
        // Sixteen bytes of text: four tokens.
        let text = format!(
            r#"{{"id":"x","choices":[{{"index":0,"message":{{"role":"assistant","content":"0123456789abcdef"}}}}],"usage":{usage}}}"#
        );
        let fake = Fake::start(EngineAnswer::Json(200, text.leak())).await;
        let scene = scene(fake.address).await;
        scene
            .key
            .post("/v1/chat/completions", chat(json!({})))
            .await
            .expect(200);
        let row = scene.outcome().await;
        assert_eq!(counted(&row), ("complete", 0, 4, true), "{usage}");
        assert_eq!(row["charge_eur"].as_f64(), Some(0.000008), "{usage}");
    }
}

#[tokio::test]
async fn an_answer_without_usage_is_estimated_and_reports_say_so() {
    let engine = Engine::start().await;
    let scene = scene(engine.address).await;
    let told = chat(json!({"tokens": 5}));
    scene.key.post("/v1/chat/completions", told).await.expect(200);
    let untold = chat(json!({"tokens": 6, "fault": "missing_usage"}));
    scene.key.post("/v1/chat/completions", untold).await.expect(200);
    let rows = scene.server.usage(2).await;
    assert_eq!(counted(&rows[0]), ("complete", PROMPT_TOKENS as i64, 5, false));
    assert_eq!(rows[1]["estimated"], true);
    assert!(rows[1]["output_tokens"].as_i64().unwrap() > 0);
    assert!(rows[1]["charge_eur"].as_f64().unwrap() > 0.0);
    let alice = scene.server.sign_in("alice@example.test").await;
    for path in ["/usage", "/finops/usage"] {
        let report = alice.get(path).await.expect(200).json;
        assert_eq!(
            (&report["total"]["requests"], &report["total"]["estimated_requests"]),
            (&json!(2), &json!(1)),
            "{path}"
        );
    }
}

/// Asks for an answer at once and leaves while the engine works on it.
async fn leaves_an_answer_at_once(produced: &'static str) -> Value {
    let fake = Fake::start(EngineAnswer::Nothing { produced }).await;
    let scene = scene(fake.address).await;
    let request = scene.key.request(reqwest::Method::POST, "/v1/chat/completions");
    let pending = tokio::spawn(request.json(&chat(json!({}))).send());
    eventually("the engine works", async || (!fake.seen().is_empty()).then_some(())).await;
    pending.abort();
    let usage = scene.outcome().await;
    scene.idle().await;
    usage
}

#[tokio::test]
async fn a_client_that_leaves_an_answer_at_once_pays_for_what_the_worker_says_was_made() {
    let usage = leaves_an_answer_at_once(r#"{"prompt_tokens":4,"completion_tokens":30}"#).await;
    assert_eq!(counted(&usage), ("abandoned", 4, 30, true));
    // 4 tokens at 1 EUR and 30 at 2 EUR per million.
    assert_eq!(usage["charge_eur"].as_f64(), Some(0.000064));
    assert_eq!(usage["http_status"], 499);
}

#[tokio::test]
async fn what_a_worker_cannot_tell_is_not_made_up_and_marked_as_an_estimate() {
    for produced in ["", "{}", r#"{"prompt_tokens":-1,"completion_tokens":1}"#] {
        let usage = leaves_an_answer_at_once(produced).await;
        assert_eq!(counted(&usage), ("abandoned", 0, 0, true), "{produced}");
        assert_eq!(usage["charge_eur"].as_f64(), Some(0.0));
    }
}
