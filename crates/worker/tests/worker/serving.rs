//! What the gateway sees of a worker.

use serde_json::{Value, json};
use uuid::Uuid;
use worker_protocol::Phase;

use crate::client::{chat, events, http, metric, metric_becomes, read_until};
use crate::control_plane::{ControlPlane, Registration, SERVING_TOKEN, mock_assignment};
use crate::process::{Worker, gateway_post};

const MIB: usize = 1024 * 1024;

async fn ready_worker() -> (ControlPlane, Worker, String) {
    let quick = ["--token-delay-ms", "0", "--first-token-delay-ms", "0"];
    let server = ControlPlane::start(mock_assignment(&quick), &[Registration::Accept]).await;
    let worker = Worker::start(&server, &[]);
    server.ready().await;
    let base = format!("http://{}", server.registrations()[0].address);
    (server, worker, base)
}

#[tokio::test]
async fn only_the_serving_token_opens_and_only_the_allowed_paths() {
    let (_server, _worker, base) = ready_worker().await;
    let url = |path: &str| format!("{base}{path}");
    let alive = http().get(url("/health")).send().await.unwrap();
    assert_eq!(
        (alive.status().as_u16(), alive.text().await.unwrap().as_str()),
        (200, r#"{"status":"alive"}"#)
    );
    for token in [
        None,
        Some(""),
        Some("wrong"),
        Some("serving-token-for-test"),
        Some("serving-token-for-tests2"),
    ] {
        for path in ["/v1/models", "/metrics"] {
            let mut request = http().get(url(path));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let refused = request.send().await.unwrap();
            assert_eq!(refused.status(), 401, "{token:?}");
            assert_eq!(refused.headers()["content-type"], "application/problem+json");
            assert_eq!(refused.json::<Value>().await.unwrap()["code"], "unauthenticated");
        }
    }
    let get = |path: &str| http().get(url(path)).bearer_auth(SERVING_TOKEN).send();
    let models: Value = get("/v1/models").await.unwrap().json().await.unwrap();
    assert_eq!(models["data"][0]["id"], "demo");
    for path in [
        "/metrics",
        "/tokenize",
        "/v1/load_lora_adapter",
        "/v1//models",
        "/v1/models/demo",
    ] {
        assert_eq!(get(path).await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(get("/v1/chat/completions").await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_stream_passes_token_by_token_and_counts_as_in_flight() {
    let (server, _worker, _) = ready_worker().await;
    let body = chat(true, json!({"tokens": 9, "fault": "hang", "fault_after_tokens": 3}));
    let mut response = gateway_post(&server, "/v1/chat/completions")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(response.headers()["x-inventiv-worker-in-flight"], "1");
    // The engine will never say more: what arrives now was not held back for anything.
    let seen = read_until(&mut response, "hi.").await;
    let text: String = events(&seen)
        .iter()
        .filter_map(|e| e["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "You said: hi.");
    server
        .heartbeat_after(0, "one in flight", |heartbeat| heartbeat.in_flight == 1)
        .await;
}

#[tokio::test]
async fn when_the_client_leaves_the_engine_stops() {
    let (server, worker, _) = ready_worker().await;
    let engine = worker.engine_address().await;
    // In the middle of a stream.
    let body = chat(true, json!({"tokens": 9, "fault": "hang", "fault_after_tokens": 3}));
    let mut response = gateway_post(&server, "/v1/chat/completions")
        .json(&body)
        .send()
        .await
        .unwrap();
    read_until(&mut response, "hi.").await;
    drop(response);
    metric_becomes(&engine, "inventiv_mock_aborted_total", 1.0).await;
    // Before the first token, streamed and not.
    for (is_streamed, aborted) in [(true, 2.0), (false, 3.0)] {
        let body = chat(is_streamed, json!({"fault": "hang"}));
        let request = tokio::spawn(gateway_post(&server, "/v1/chat/completions").json(&body).send());
        metric_becomes(&engine, "vllm:num_requests_running", 1.0).await;
        request.abort();
        // A stream's headers may have arrived already; then the answer is dropped with the task.
        drop(request.await);
        metric_becomes(&engine, "inventiv_mock_aborted_total", aborted).await;
    }
    metric_becomes(&engine, "vllm:num_requests_running", 0.0).await;
    let known = server.heartbeats().len();
    let (_, last) = server
        .heartbeat_after(known, "nothing in flight", |heartbeat| heartbeat.in_flight == 0)
        .await;
    assert_eq!(last.phase, Phase::Ready);
}

#[tokio::test]
async fn what_was_made_for_a_caller_who_left_an_answer_at_once_is_told() {
    let (server, worker, base) = ready_worker().await;
    let engine = worker.engine_address().await;
    let made = |id: Uuid| async move {
        let url = format!("{base}{}", worker_protocol::produced_path(id));
        http().get(url).bearer_auth(SERVING_TOKEN).send().await.unwrap()
    };
    let id = Uuid::from_u128(7);
    let before = metric(&engine, "vllm:generation_tokens_total").await.unwrap();
    let body = chat(
        false,
        json!({"tokens": 9, "first_token_delay_ms": 2_000, "fault": "hang", "fault_after_tokens": 3}),
    );
    let request = gateway_post(&server, "/v1/chat/completions").header("x-request-id", id.to_string());
    let request = tokio::spawn(request.json(&body).send());
    metric_becomes(&engine, "vllm:generation_tokens_total", before + 3.0).await;
    request.abort();
    drop(request.await);
    metric_becomes(&engine, "inventiv_mock_aborted_total", 1.0).await;
    let told: Value = made.clone()(id).await.json().await.unwrap();
    assert_eq!(told["completion_tokens"], 3);
    assert_eq!(made(Uuid::from_u128(8)).await.status(), 404);
}

#[tokio::test]
async fn answers_and_errors_of_the_engine_pass_untouched() {
    let (server, _worker, _) = ready_worker().await;
    let post = |body: Value| gateway_post(&server, "/v1/chat/completions").json(&body).send();
    let flat = post(chat(false, json!({"fault": "vllm_flat_error"}))).await.unwrap();
    assert_eq!(flat.status(), 400);
    assert_eq!(flat.json::<Value>().await.unwrap()["object"], "error");
    assert_eq!(
        post(chat(false, json!({"fault": "error_500"}))).await.unwrap().status(),
        500
    );
    let mut cut = post(chat(true, json!({"fault": "cut_stream"}))).await.unwrap();
    read_until(&mut cut, "said:").await;
    assert!(cut.chunk().await.is_err(), "a broken stream must not look complete");
    let vector = gateway_post(&server, "/v1/embeddings").json(&json!({"model": "demo", "input": "a b"}));
    assert_eq!(
        vector.send().await.unwrap().json::<Value>().await.unwrap()["usage"]["prompt_tokens"],
        2
    );
}

#[tokio::test]
async fn a_request_may_be_large_but_not_larger_than_the_limit() {
    let (server, _worker, _) = ready_worker().await;
    let long = |bytes: usize| {
        let message = json!({"role": "user", "content": "x".repeat(bytes)});
        json!({"model": "demo", "messages": [message], "max_tokens": 1}).to_string()
    };
    let post = || gateway_post(&server, "/v1/chat/completions").header("content-type", "application/json");
    let fine = post().body(long(20 * MIB)).send().await.unwrap();
    assert_eq!(fine.status(), 200);
    let announced = post()
        .header("content-length", (33 * MIB).to_string())
        .body(long(33 * MIB))
        .send()
        .await;
    // A server that answers before it has read everything may close the connection first.
    assert!(announced.is_err() || announced.unwrap().status() == 413);
}
