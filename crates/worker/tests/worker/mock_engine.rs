//! The mock engine is exact: these numbers are what the accounting of everything else is tested against.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::client::{chat, events, eventually, http, metric, metric_becomes, read_until};
use crate::process::Engine;

const SENTENCE: &str =
    "You said: hi. This answer comes from a mock engine: it is always the same, and every token of it is counted.";

async fn completed(engine: &Engine, path: &str, body: Value) -> Value {
    let response = engine.post(path, &body).await;
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

fn usage(prompt: u64, completion: u64) -> Value {
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

#[tokio::test]
async fn the_text_is_known_in_advance_and_usage_is_exact() {
    let engine = Engine::start(&[]).await;
    let answer = completed(&engine, "/v1/chat/completions", chat(false, json!({}))).await;
    assert_eq!(answer["choices"][0]["message"]["content"], SENTENCE);
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    let words = SENTENCE.split(' ').count() as u64;
    assert_eq!(answer["usage"], usage(2, words));
    assert_eq!(metric(&engine.address, "vllm:prompt_tokens_total").await, Some(2.0));
    assert_eq!(
        metric(&engine.address, "vllm:generation_tokens_total").await,
        Some(words as f64)
    );
    assert_eq!(metric(&engine.address, "vllm:request_success_total").await, Some(1.0));
}

#[tokio::test]
async fn limits_stop_sequences_and_choices_count_exactly() {
    let engine = Engine::start(&["--context-length", "64"]).await;
    let ask = |more: Value| {
        let mut body = chat(false, json!({}));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let answer = completed(&engine, "/v1/chat/completions", ask(json!({"max_tokens": 3, "n": 2}))).await;
    assert_eq!(answer["choices"][1]["message"]["content"], "You said: hi.");
    assert_eq!(answer["choices"][1]["finish_reason"], "length");
    assert_eq!(answer["usage"], usage(2, 6));
    let stopped = completed(&engine, "/v1/chat/completions", ask(json!({"stop": [" answer"]}))).await;
    assert_eq!(stopped["choices"][0]["message"]["content"], "You said: hi. This");
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    assert_eq!(stopped["usage"], usage(2, 5));
    let both = ask(json!({"max_tokens": 9, "max_completion_tokens": 2}));
    assert_eq!(
        completed(&engine, "/v1/chat/completions", both).await["usage"],
        usage(2, 2)
    );
    for wrong in [
        json!({"max_tokens": 0}),
        json!({"max_tokens": 63}),
        json!({"n": 0}),
        json!({"n": 1000}),
    ] {
        assert_eq!(engine.post("/v1/chat/completions", &ask(wrong)).await.status(), 400);
    }
    assert_eq!(
        engine
            .post("/v1/chat/completions", &ask(json!({"model": "other"})))
            .await
            .status(),
        404
    );
}

#[tokio::test]
async fn completions_take_several_prompts() {
    let engine = Engine::start(&[]).await;
    let body = json!({"model": "demo", "prompt": ["hi", "a b c"], "max_tokens": 3});
    let answer = completed(&engine, "/v1/completions", body).await;
    assert_eq!(answer["choices"][0]["text"], "You said: hi.");
    assert_eq!(answer["choices"][1]["text"], "You said: a");
    assert_eq!(answer["usage"], usage(4, 6));
}

async fn stream(engine: &Engine, path: &str, body: &Value) -> Vec<Value> {
    let text = engine.post(path, body).await.text().await.unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    events(&text)
}

#[tokio::test]
async fn a_stream_tells_usage_only_when_asked_and_then_last() {
    let engine = Engine::start(&[]).await;
    let mut body = chat(true, json!({"tokens": 4}));
    let silent = stream(&engine, "/v1/chat/completions", &body).await;
    assert!(silent.iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(silent.len(), 5, "one that opens, four tokens");
    assert_eq!(silent[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(silent[4]["choices"][0]["finish_reason"], "stop");

    body["stream_options"] = json!({"include_usage": true});
    let asked = stream(&engine, "/v1/chat/completions", &body).await;
    assert_eq!(asked.len(), 6);
    assert!(asked[..5].iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(asked[5]["choices"], json!([]));
    assert_eq!(asked[5]["usage"], usage(2, 4));

    body["stream_options"] = json!({"include_usage": true, "continuous_usage_stats": true});
    let continuous = stream(&engine, "/v1/chat/completions", &body).await;
    let counts: Vec<_> = continuous
        .iter()
        .map(|chunk| chunk["usage"]["completion_tokens"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [0, 1, 2, 3, 4, 4]);

    let body = json!({"model": "demo", "prompt": "hi", "stream": true, "max_tokens": 2, "n": 2});
    let text = stream(&engine, "/v1/completions", &body).await;
    let of_choice = |choice: u64| -> String {
        let chunks = text.iter().filter(|chunk| chunk["choices"][0]["index"] == choice);
        chunks
            .map(|chunk| chunk["choices"][0]["text"].as_str().unwrap())
            .collect()
    };
    assert_eq!([of_choice(0), of_choice(1)], ["You said:", "You said:"]);
}

#[tokio::test]
async fn embeddings_are_the_same_in_both_encodings() {
    let engine = Engine::start(&["--embedding-dimensions", "8"]).await;
    let body = |format: &str| json!({"model": "demo", "input": ["hello", "two words"], "encoding_format": format});
    let float = completed(&engine, "/v1/embeddings", body("float")).await;
    let base64 = completed(&engine, "/v1/embeddings", body("base64")).await;
    assert_eq!(float["usage"], json!({"prompt_tokens": 3, "total_tokens": 3}));
    for index in 0..2 {
        let floats: Vec<f32> = serde_json::from_value(float["data"][index]["embedding"].clone()).unwrap();
        let text = base64["data"][index]["embedding"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let decoded: Vec<f32> = bytes
            .chunks(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect();
        assert_eq!(floats.len(), 8);
        assert_eq!(floats, decoded);
    }
}

#[tokio::test]
async fn a_request_asks_for_a_fault_in_vain_where_they_are_switched_off() {
    let engine = Engine::start_without_request_faults(&[]).await;
    let path = "/v1/chat/completions";
    let refused = engine.post(path, &chat(false, json!({"fault": "crash"}))).await;
    assert_eq!(refused.status(), 400);
    let problem: Value = refused.json().await.unwrap();
    assert!(
        problem["error"]["message"].as_str().unwrap().contains("mock.fault"),
        "{problem}"
    );
    let answer = completed(&engine, path, chat(false, json!({"tokens": 4}))).await;
    assert_eq!(answer["usage"]["completion_tokens"], 4);
}

#[tokio::test]
async fn every_fault_of_a_request_is_what_it_says() {
    let mut engine = Engine::start(&[]).await;
    let path = "/v1/chat/completions";
    let mut body = chat(true, json!({"fault": "missing_usage", "tokens": 3}));
    body["stream_options"] = json!({"include_usage": true});
    assert!(
        stream(&engine, path, &body)
            .await
            .iter()
            .all(|chunk| chunk.get("usage").is_none())
    );
    let answer = completed(&engine, path, chat(false, json!({"fault": "missing_usage"}))).await;
    assert!(answer.get("usage").is_none());

    let broken = stream(&engine, path, &chat(true, json!({"fault": "error_mid_stream"}))).await;
    assert_eq!(broken.len(), 4, "one that opens, two tokens, the error");
    assert_eq!(broken[3]["error"]["code"], 500);

    let status = async |fault: &str| {
        engine
            .post(path, &chat(false, json!({"fault": fault})))
            .await
            .status()
            .as_u16()
    };
    assert_eq!(status("error_500").await, 500);
    assert_eq!(status("vllm_flat_error").await, 400);
    assert_eq!(status("slow_load").await, 503);
    assert_eq!(status("error_mid_stream").await, 500);
    assert!(
        engine
            .post(path, &chat(false, json!({"fault": "cut_stream"})))
            .await
            .bytes()
            .await
            .is_err()
    );

    let crash = http()
        .post(engine.url(path))
        .json(&chat(true, json!({"fault": "crash"})))
        .send()
        .await;
    if let Ok(mut response) = crash {
        while response.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    }
    assert_eq!(engine.program.exit_status().await, Some(70));
}

#[tokio::test]
async fn a_request_without_a_seat_waits_and_can_leave_the_queue() {
    let engine = Engine::start(&["--max-num-seqs", "1"]).await;
    let hang = chat(true, json!({"fault": "hang", "fault_after_tokens": 1}));
    let mut running = engine.post("/v1/chat/completions", &hang).await;
    read_until(&mut running, "You").await;
    let waiting = tokio::spawn(http().post(engine.url("/v1/chat/completions")).json(&hang).send());
    metric_becomes(&engine.address, "vllm:num_requests_waiting", 1.0).await;
    assert_eq!(metric(&engine.address, "vllm:num_requests_running").await, Some(1.0));
    waiting.abort();
    metric_becomes(&engine.address, "inventiv_mock_aborted_total", 1.0).await;
    metric_becomes(&engine.address, "vllm:num_requests_waiting", 0.0).await;
    drop(running);
    metric_becomes(&engine.address, "inventiv_mock_aborted_total", 2.0).await;
    metric_becomes(&engine.address, "vllm:num_requests_running", 0.0).await;
}

#[tokio::test]
async fn while_it_loads_everything_but_the_metrics_answers_503() {
    let engine = Engine::start(&["--load-ms", "1500"]).await;
    let status = async |path: &str| http().get(engine.url(path)).send().await.unwrap().status().as_u16();
    assert_eq!(status("/health").await, 503);
    eventually("it has loaded", || async {
        (status("/health").await == 200).then_some(())
    })
    .await;
    let models: Value = http()
        .get(engine.url("/v1/models"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(models["data"][0]["max_model_len"], 8192);
}
