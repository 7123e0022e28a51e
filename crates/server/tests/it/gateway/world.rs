//! Models, instances and engines for the gateway's tests, put into the database as the reconcilers would leave them.

#![expect(clippy::disallowed_methods, reason = "a caller of what has no client of ours")]

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, Utc};
use inventiv_server::ids::new_id;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Client, TestServer, eventually, install_tls};

pub const PLATFORM: Uuid = Uuid::nil();
pub const MODEL: &str = "demo/tiny-chat";

/// An engine process, killed when dropped.
pub struct Engine {
    pub address: SocketAddr,
    process: Child,
}

impl Engine {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub async fn start_with(flags: &[&str]) -> Self {
        install_tls();
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let test_program = std::env::current_exe().unwrap();
        let program = test_program.ancestors().nth(2).unwrap().join("inventiv-worker");
        let process = Command::new(&program)
            .args(["mock-engine", "--listen", &listen.to_string(), "--model", MODEL])
            .args([
                "--token-delay-ms",
                "0",
                "--first-token-delay-ms",
                "0",
                "--request-faults",
            ])
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error} (cargo build -p inventiv-worker)", program.display()));
        let engine = Self {
            address: listen,
            process,
        };
        eventually("the engine answers", || async {
            reqwest::get(format!("http://{listen}/health"))
                .await
                .ok()?
                .status()
                .is_success()
                .then_some(())
        })
        .await;
        engine
    }

    /// One of the engine's counters.
    pub async fn metric(&self, name: &str) -> u64 {
        let text = reqwest::get(format!("http://{}/metrics", self.address))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("{name}{{")));
        line.unwrap().rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A row of `instances`, as far as these tests vary it.
pub struct InstanceRow {
    pub tenant: Uuid,
    pub model_tenant: Uuid,
    pub model: Uuid,
    pub address: Option<SocketAddr>,
    pub status: &'static str,
    pub tech: bool,
    pub eco: bool,
}

impl InstanceRow {
    pub fn ready(tenant: Uuid, model_tenant: Uuid, model: Uuid, address: SocketAddr) -> Self {
        Self {
            tenant,
            model_tenant,
            model,
            address: Some(address),
            status: "ready",
            tech: true,
            eco: true,
        }
    }
}

fn organization(tenant: Uuid) -> Option<Uuid> {
    (tenant != PLATFORM).then_some(tenant)
}

fn scope(tenant: Uuid) -> &'static str {
    if tenant == PLATFORM { "platform" } else { "organization" }
}

impl TestServer {
    pub async fn model(&self, tenant: Uuid, model_id: &str) -> Uuid {
        let (id, now) = (new_id(), self.program.core.clock.now());
        sqlx::query(
            "INSERT INTO models (id, scope, organization_id, name, model_id, engine, required_vram_gb, context_length,
                tech_activated_at, eco_activated_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $4, 'mock', 0, 8192, $5, $5, $5, $5)",
        )
        .bind(id)
        .bind(scope(tenant))
        .bind(organization(tenant))
        .bind(model_id)
        .bind(now)
        .execute(&self.owner)
        .await
        .unwrap();
        self.look_again().await;
        id
    }

    /// A price of 1, 0.5 and 2 EUR per million.
    pub async fn price(&self, tenant: Uuid, model: Uuid) -> Uuid {
        let id = new_id();
        sqlx::query(
            "INSERT INTO model_prices (id, tenant, model_id, version, input_eur_per_1m, cached_input_eur_per_1m, output_eur_per_1m,
                valid_from)
             VALUES ($1, $2, $3, 1, 1, 0.5, 2, $4)",
        )
        .bind(id)
        .bind(tenant)
        .bind(model)
        .bind(self.program.core.clock.now())
        .execute(&self.owner)
        .await
        .unwrap();
        self.look_again().await;
        id
    }

    pub async fn instance(&self, row: InstanceRow) -> Uuid {
        let (id, now) = (new_id(), self.program.core.clock.now());
        // Heard of in the future: fresh for the whole test.
        let heartbeat: Option<DateTime<Utc>> = row.address.map(|_| now + chrono::Duration::days(1));
        let (provider, zone, instance_type) = self.hardware().await;
        sqlx::query(
            "INSERT INTO instances (id, scope, organization_id, model_tenant, model_id, provider_id, zone_id, instance_type_id,
                provider_code, zone_code, instance_type_code, gpu_count, vram_gb, cost_per_hour_eur, status, status_since,
                tech_activated_at, eco_activated_at, worker_address, last_heartbeat_at, reconcile_after, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'test', 'z', 't', 0, 0, 0, $9, $10, $11, $12, $13, $14, $10, $10)",
        )
        .bind(id)
        .bind(scope(row.tenant))
        .bind(organization(row.tenant))
        .bind(row.model_tenant)
        .bind(row.model)
        .bind(provider)
        .bind(zone)
        .bind(instance_type)
        .bind(row.status)
        .bind(now)
        .bind(row.tech.then_some(now))
        .bind(row.eco.then_some(now))
        .bind(row.address.map(|address| address.to_string()))
        .bind(heartbeat)
        .execute(&self.owner)
        .await
        .unwrap();
        self.look_again().await;
        id
    }

    /// What a notification would bring about, at once.
    pub async fn look_again(&self) {
        self.program.gateway.refresh_table().await.unwrap();
    }

    async fn hardware(&self) -> (Uuid, Uuid, Uuid) {
        let known: Option<Uuid> = sqlx::query_scalar("SELECT id FROM providers WHERE code = 'test'")
            .fetch_optional(&self.owner)
            .await
            .unwrap();
        let (provider, region, zone, instance_type) = (
            Uuid::from_u128(1),
            Uuid::from_u128(2),
            Uuid::from_u128(3),
            Uuid::from_u128(4),
        );
        if known.is_none() {
            for statement in [
                "INSERT INTO providers (id, code, name) VALUES ($1, 'test', 'Test') ON CONFLICT DO NOTHING",
                "INSERT INTO regions (id, provider_id, code, name) VALUES ($2, $1, 'r', 'R') ON CONFLICT DO NOTHING",
                "INSERT INTO zones (id, provider_id, region_id, code, name) VALUES ($3, $1, $2, 'z', 'Z') ON CONFLICT DO NOTHING",
                "INSERT INTO instance_types (id, provider_id, code, name, cpu_count, memory_gb, gpu_count, vram_per_gpu_gb,
                    cost_per_hour_eur) VALUES ($4, $1, 't', 'T', 1, 1, 0, 0, 0) ON CONFLICT DO NOTHING",
            ] {
                // Each statement names some of the four; PostgreSQL wants to know the type of all.
                let all = format!("WITH ids AS (SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid) {statement}");
                sqlx::query(sqlx::AssertSqlSafe(all))
                    .bind(provider)
                    .bind(region)
                    .bind(zone)
                    .bind(instance_type)
                    .execute(&self.owner)
                    .await
                    .unwrap();
            }
        }
        (provider, zone, instance_type)
    }

    /// Waits until that many requests are in the usage table, and returns their rows in order.
    pub async fn usage(&self, count: usize) -> Vec<Value> {
        eventually("the usage is written", || async {
            let rows: Vec<Value> =
                sqlx::query_scalar("SELECT to_jsonb(u) FROM inference_usage u ORDER BY started_at, request_id")
                    .fetch_all(&self.owner)
                    .await
                    .unwrap();
            (rows.len() >= count).then_some(rows)
        })
        .await
    }

    /// A caller with a new API key of the client's workspace.
    pub async fn with_key(&self, client: &Client) -> Client {
        let created = client.post("/api_keys", json!({"name": "test"})).await.expect(201);
        self.anonymous().with_token(created.json["key"].as_str().unwrap())
    }
}

/// A chat request with the mock engine's control words.
pub fn chat(mock: Value) -> Value {
    json!({"model": MODEL, "messages": [{"role": "user", "content": "one two three"}], "mock": mock})
}

/// The same, streamed.
pub fn chat_stream(mock: Value) -> Value {
    let mut body = chat(mock);
    body["stream"] = json!(true);
    body
}

/// Prompt tokens of [`chat`]: one for the role, three words.
pub const PROMPT_TOKENS: u64 = 4;

/// The data of a stream's events.
pub fn events(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data)))
        .collect()
}

/// The entry of a list that is about the tests' own model; the public catalogue is listed beside it.
pub fn entry<'a>(list: &'a Value, id: &str) -> Option<&'a Value> {
    list.as_array().unwrap().iter().find(|model| model["id"] == id)
}
