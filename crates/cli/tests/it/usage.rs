//! What was answered is accounted for once, whatever happens to the program.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use crate::commands::inventiv;
use crate::deployments::{deploy, reaches};
use crate::program::{Installation, eventually};

const ROUNDS: usize = 5;
const CALLERS: usize = 8;
/// Whole answers a round waits for before the program is killed among the rest.
const ANSWERS_BEFORE_KILL: usize = 12;
/// The prompt of every request: one token for the role, two words.
const PROMPT_TOKENS: i64 = 3;

/// A request whose whole answer arrived, with the tokens it must be accounted with.
struct Answered {
    request_id: Uuid,
    output_tokens: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "what was measured is reported")]
async fn five_kills_among_streams_lose_and_double_no_usage() {
    let mut installation = Installation::new();
    installation.start(None).await;
    let key = serving(&installation).await;

    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        let gateway = Gateway {
            url: installation.url("/v1/chat/completions"),
            key: key.clone(),
        };
        let whole = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                tokio::spawn(
                    gateway
                        .clone()
                        .call_until_it_dies(round * CALLERS + caller, whole.clone()),
                )
            })
            .collect();
        eventually("enough answers arrived", &installation, async |_| {
            (whole.load(Ordering::SeqCst) >= ANSWERS_BEFORE_KILL).then_some(())
        })
        .await;
        installation.kill().await;
        for caller in callers {
            answered.extend(caller.await.unwrap());
        }
        installation.start(None).await;
        gateway.answers_again(&installation).await;
    }
    // A clean stop writes what is still in the journal; then everything must be in the table.
    assert!(installation.stop().await.success());
    installation.start(None).await;
    let rows = usage(&installation).await;
    println!("{} whole answers, {} rows, {ROUNDS} kills", answered.len(), rows.len());
    for request in &answered {
        let row = rows.get(&request.request_id);
        let expected = vec![("complete".to_owned(), PROMPT_TOKENS, request.output_tokens)];
        assert_eq!(row, Some(&expected), "request {}", request.request_id);
    }
    assert!(
        rows.values().all(|same_request| same_request.len() == 1),
        "a request is counted twice"
    );
    let ids: HashSet<_> = answered.iter().map(|request| request.request_id).collect();
    assert_eq!(ids.len(), answered.len(), "request ids are unique");
    let total: i64 = rows.values().flatten().map(|(_, _, output)| output).sum();
    let report = installation.get("/usage?group_by=model").await;
    assert_eq!(report["total"]["output_tokens"].as_i64(), Some(total), "{report}");
    assert_eq!(
        report["total"]["requests"].as_u64(),
        Some(rows.len() as u64),
        "{report}"
    );
}

/// Deploys a model for everybody and answers with a key for it.
async fn serving(installation: &Installation) -> String {
    let id = deploy(installation).await;
    reaches(installation, &id, "ready").await;
    for kind in ["tech", "eco"] {
        let path = format!("/instances/{id}/activation/{kind}");
        let active = json!({"active": true});
        installation.try_send(Method::PUT, &path, Some(&active)).await.unwrap();
    }
    let key = installation
        .try_send(Method::POST, "/api_keys", Some(&json!({"name": "load"})))
        .await
        .unwrap();
    key["key"].as_str().unwrap().to_owned()
}

fn usage_command(installation: &Installation, command: &str) -> (bool, String) {
    let output = inventiv(installation.data_dir.path())
        .args(["usage", command])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn alter_usage(installation: &Installation, change: &str) {
    let mut connection = installation.database().await;
    let statement = format!("ALTER TABLE inference_usage {change}");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_refuses_survives_a_kill_and_is_counted_once_when_it_is_retried() {
    let mut installation = Installation::new();
    installation.start(None).await;
    let gateway = Gateway {
        key: serving(&installation).await,
        url: installation.url("/v1/chat/completions"),
    };
    assert_eq!(
        usage_command(&installation, "refused"),
        (true, "The database has refused no usage.\n".to_owned())
    );
    alter_usage(&installation, "ADD CONSTRAINT odd CHECK (output_tokens <> 7)").await;
    gateway.answers_again(&installation).await;
    let refused = gateway.call(7, true).await.unwrap();
    let shown = eventually("the refused event is shown", &installation, async |installation| {
        let (_, said) = usage_command(installation, "refused");
        said.contains(&refused.to_string()).then_some(said)
    })
    .await;
    assert!(shown.contains("odd") && shown.contains("Mock Echo"), "{shown}");
    installation.kill().await;
    assert_eq!(usage_command(&installation, "refused"), (true, shown));

    let (taken, said) = usage_command(&installation, "retry");
    assert!(!taken && said.contains("still refuses usage: 1"), "{said}");
    installation.start(None).await;
    alter_usage(&installation, "DROP CONSTRAINT odd").await;
    assert!(installation.stop().await.success());
    for said in ["1 taken by the database.\n", "The database has refused no usage.\n"] {
        let (taken, all) = usage_command(&installation, "retry");
        assert!(taken && all.starts_with(said), "{all}");
    }
    assert_eq!(
        usage_command(&installation, "refused"),
        (true, "The database has refused no usage.\n".to_owned())
    );
    installation.start(None).await;
    let rows = usage(&installation).await;
    assert_eq!(rows[&refused], [("complete".to_owned(), PROMPT_TOKENS, 7)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_at_once_whose_caller_leaves_is_counted_by_what_the_engine_made() {
    let mut installation = Installation::new();
    installation.start(None).await;
    let key = serving(&installation).await;
    let body = json!({
        "model": "mock/echo", "messages": [{"role": "user", "content": "hello there"}],
        "mock": {"tokens": 2_000, "delay_ms_per_token": 20, "first_token_delay_ms": 500},
    });
    let request = reqwest::Client::new().post(installation.url("/v1/chat/completions"));
    let request = request
        .bearer_auth(key)
        .json(&body)
        .timeout(std::time::Duration::from_secs(3));
    assert!(request.send().await.unwrap_err().is_timeout());
    let rows = eventually("the request is accounted for", &installation, async |installation| {
        let rows = usage(installation).await;
        (!rows.is_empty()).then_some(rows)
    })
    .await;
    let [(outcome, input, output)] = &rows.values().next().unwrap()[..] else {
        panic!("{rows:?}");
    };
    assert_eq!((outcome.as_str(), *input), ("abandoned", PROMPT_TOKENS));
    assert!((1..2_000).contains(output), "{output}");
    let report = installation.get("/usage?group_by=model").await;
    assert_eq!(report["total"]["estimated_requests"], 1, "{report}");
}

/// Where requests go, and as whom.
#[derive(Clone)]
struct Gateway {
    url: String,
    key: String,
}

impl Gateway {
    /// Streams and plain requests in turn, until the program is gone. Bounded: a round needs a few each.
    async fn call_until_it_dies(self, seed: usize, whole: Arc<AtomicUsize>) -> Vec<Answered> {
        let mut answered = Vec::new();
        for number in 0..200 {
            let tokens = 5 + ((seed * 7 + number * 3) % 40) as i64;
            match self.call(tokens, number % 2 == 0).await {
                Some(request_id) => answered.push(Answered {
                    request_id,
                    output_tokens: tokens,
                }),
                None => return answered,
            }
            whole.fetch_add(1, Ordering::SeqCst);
        }
        answered
    }

    /// The request's id when its whole answer arrived, to the last byte.
    async fn call(&self, tokens: i64, stream: bool) -> Option<Uuid> {
        let body = json!({
            "model": "mock/echo", "stream": stream, "messages": [{"role": "user", "content": "hello there"}],
            "mock": {"tokens": tokens, "delay_ms_per_token": 4, "first_token_delay_ms": 5},
        });
        let response = reqwest::Client::new()
            .post(&self.url)
            .bearer_auth(&self.key)
            .json(&body)
            .send()
            .await
            .ok()?;
        if !response.status().is_success() {
            return None;
        }
        let id = response.headers()["x-request-id"].to_str().unwrap().parse().unwrap();
        let mut bytes = response.bytes_stream();
        let mut answer = Vec::new();
        while let Some(chunk) = bytes.next().await {
            answer.extend_from_slice(&chunk.ok()?);
        }
        let text = String::from_utf8(answer).unwrap();
        let is_whole = if stream {
            text.ends_with("data: [DONE]\n\n")
        } else {
            serde_json::from_str::<Value>(&text).is_ok()
        };
        (is_whole && !text.contains("\"error\"")).then_some(id)
    }

    /// After a restart the machine is found again; asked without being counted among the round's answers.
    async fn answers_again(&self, installation: &Installation) {
        eventually("the gateway answers again", installation, async |_| {
            self.call(1, false).await
        })
        .await;
    }
}

/// What the table says of each request: outcome, prompt tokens, output tokens.
async fn usage(installation: &Installation) -> HashMap<Uuid, Vec<(String, i64, i64)>> {
    let mut connection = installation.database().await;
    let rows = sqlx::query("SELECT request_id, outcome, uncached_input_tokens + cached_input_tokens AS input, output_tokens FROM inference_usage")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut requests: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in rows {
        requests.entry(row.get("request_id")).or_default().push((
            row.get("outcome"),
            row.get("input"),
            row.get("output_tokens"),
        ));
    }
    requests
}
