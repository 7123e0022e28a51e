//! Clients. Every loop has a count and every round a limit in time; a request that fails fails the measurement.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// No round takes longer.
const ROUND_LIMIT: Duration = Duration::from_secs(120);

/// Who is asked, and how.
#[derive(Clone)]
pub struct Target {
    /// `host:port`
    pub authority: String,
    pub authorization: String,
    pub model: String,
}

impl Target {
    fn request(&self, body: &Bytes) -> anyhow::Result<Request<Full<Bytes>>> {
        Ok(Request::post("/v1/chat/completions")
            .header("host", &self.authority)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .body(Full::new(body.clone()))?)
    }

    fn whole(&self) -> Bytes {
        let messages = json!([{"role": "user", "content": "What does it cost to pass this on?"}]);
        Bytes::from(json!({"model": self.model, "messages": messages, "max_tokens": 16}).to_string())
    }

    fn stream(&self, shape: Stream) -> Bytes {
        let messages = json!([{"role": "user", "content": "And a stream?"}]);
        let bench = json!({"tokens": shape.tokens, "every_ms": shape.every_ms});
        Bytes::from(json!({"model": self.model, "messages": messages, "stream": true, "bench": bench}).to_string())
    }
}

/// How the upstream streams.
#[derive(Clone, Copy)]
pub struct Stream {
    pub tokens: u64,
    pub every_ms: u64,
}

/// Sorted times of one round.
pub struct Times(Vec<Duration>);

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// `share` from 0 to 1; zero when nothing was measured.
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let index = (share * last as f64).round() as usize;
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// As many requests as get through: `requests` of them over `connections`. Returns requests per second.
pub async fn saturate(target: &Target, connections: usize, requests: usize) -> anyhow::Result<f64> {
    let left = Arc::new(AtomicUsize::new(requests));
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let (target, left) = (target.clone(), Arc::clone(&left));
        clients.spawn(async move {
            let (body, mut connection) = (target.whole(), connect(&target).await?);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
            {
                exchange(&mut connection, target.request(&body)?).await?;
            }
            anyhow::Ok(())
        });
    }
    all(clients).await?;
    Ok(requests as f64 / begun.elapsed().as_secs_f64())
}

/// `requests` at a fixed rate over 64 connections; times count from when a request was due, so that waiting is not forgotten.
pub async fn at_rate(target: &Target, per_second: usize, requests: usize) -> anyhow::Result<Times> {
    const CONNECTIONS: usize = 64;
    let interval = Duration::from_secs_f64(1.0 / per_second as f64);
    let next = Arc::new(AtomicUsize::new(0));
    let begin = tokio::time::Instant::now() + Duration::from_millis(200);
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (target, next) = (target.clone(), Arc::clone(&next));
        clients.spawn(async move {
            let (body, mut connection) = (target.whole(), connect(&target).await?);
            let mut times = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= requests {
                    return anyhow::Ok(times);
                }
                let due = begin + interval * u32::try_from(index)?;
                tokio::time::sleep_until(due).await;
                exchange(&mut connection, target.request(&body)?).await?;
                times.push(due.elapsed());
            }
        });
    }
    Ok(Times::new(all(clients).await?.into_iter().flatten().collect()))
}

/// Times to the first event of `rounds` streams on each of `clients` connections that stream at the same time.
pub async fn first_tokens(target: &Target, clients: usize, rounds: usize, shape: Stream) -> anyhow::Result<Times> {
    let mut streams = JoinSet::new();
    for index in 0..clients {
        let target = target.clone();
        streams.spawn(async move {
            let (body, mut connection) = (target.stream(shape), connect(&target).await?);
            // Spread over one stream's time: clients don't begin together.
            let whole = shape.every_ms * shape.tokens;
            tokio::time::sleep(Duration::from_millis(whole * index as u64 / clients as u64)).await;
            let mut times = Vec::new();
            for _ in 0..rounds {
                let begun = Instant::now();
                let mut answer = send(&mut connection, target.request(&body)?).await?;
                answer.frame().await.context("the stream ended before it began")??;
                times.push(begun.elapsed());
                answer.collect().await?;
            }
            anyhow::Ok(times)
        });
    }
    Ok(Times::new(all(streams).await?.into_iter().flatten().collect()))
}

/// Holds `clients` streams open at once and calls `look` while all of them are.
pub async fn while_streaming<T>(
    target: &Target,
    clients: usize,
    shape: Stream,
    look: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let all_open = Arc::new(Barrier::new(clients + 1));
    let mut streams = JoinSet::new();
    for _ in 0..clients {
        let (target, all_open) = (target.clone(), Arc::clone(&all_open));
        streams.spawn(async move {
            let mut connection = connect(&target).await?;
            let mut answer = send(&mut connection, target.request(&target.stream(shape))?).await?;
            answer.frame().await.context("the stream ended before it began")??;
            all_open.wait().await;
            answer.collect().await?;
            anyhow::Ok(())
        });
    }
    tokio::time::timeout(ROUND_LIMIT, all_open.wait())
        .await
        .context("not all streams opened in time")?;
    let seen = look();
    all(streams).await?;
    seen
}

async fn all<T: 'static + Send>(mut tasks: JoinSet<anyhow::Result<T>>) -> anyhow::Result<Vec<T>> {
    let collect = async {
        let mut results = Vec::new();
        while let Some(result) = tasks.join_next().await {
            results.push(result??);
        }
        anyhow::Ok(results)
    };
    tokio::time::timeout(ROUND_LIMIT, collect)
        .await
        .context("a round took too long")?
}

async fn connect(target: &Target) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let connection = TcpStream::connect(&target.authority).await?;
    connection.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(connection)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<hyper::body::Incoming> {
    connection.ready().await?;
    let response = connection.send_request(request).await?;
    if !response.status().is_success() {
        bail!("a request was answered {}", response.status());
    }
    Ok(response.into_body())
}

async fn exchange(connection: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> anyhow::Result<()> {
    send(connection, request).await?.collect().await?;
    Ok(())
}
