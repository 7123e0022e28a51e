//! HTTP as a gateway would speak it, and waiting for things to happen.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

/// Generous: the machine may be busy with other things.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap()
}

/// Asks again and again until there is an answer.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = ask().await {
            return value;
        }
        assert!(Instant::now() < deadline, "did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A chat about "hi" with control words for the mock engine.
pub fn chat(stream: bool, mock: Value) -> Value {
    json!({"model": "demo", "messages": [{"role": "user", "content": "hi"}], "stream": stream, "mock": mock})
}

/// Reads until the text contains `wanted`.
pub async fn read_until(response: &mut reqwest::Response, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let chunk = response
            .chunk()
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("ended without {wanted}: {text}"));
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

/// Objects of a stream, without the end mark.
pub fn events(stream: &str) -> Vec<Value> {
    stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// A value of the engine's metrics, added over label sets.
pub async fn metric(engine: &str, name: &str) -> Option<f64> {
    let text = http()
        .get(format!("http://{engine}/metrics"))
        .send()
        .await
        .ok()?
        .text()
        .await
        .ok()?;
    text.lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .reduce(|sum, value| sum + value)
}

pub async fn metric_becomes(engine: &str, name: &str, wanted: f64) {
    eventually(&format!("{name} = {wanted}"), || async {
        (metric(engine, name).await == Some(wanted)).then_some(())
    })
    .await;
}

/// Nothing listens there any more.
pub async fn port_closes(address: &str) {
    eventually("the port closes", || async {
        tokio::net::TcpStream::connect(address).await.err()
    })
    .await;
}
