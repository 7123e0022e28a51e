//! The program under measurement: a private installation with one operational model on our upstream, and a key for it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::upstream::LISTENS_ON;

const ADMIN: &str = "admin@inventiv.local";
const PASSWORD: &str = "a-long-password-for-measuring";
const START_LIMIT: Duration = Duration::from_secs(120);
const READY_LIMIT: Duration = Duration::from_secs(60);

pub struct Installation {
    program: Child,
    data_dir: TempDir,
    url: String,
    token: String,
    http: reqwest::Client,
}

/// What a client of the gateway needs.
pub struct Gateway {
    /// `host:port`
    pub authority: String,
    pub key: String,
    pub model: String,
    /// `host:port` of the worker behind it, which asks for no key.
    pub upstream: String,
}

impl Installation {
    /// Starts the program on an empty data directory, with this very program as the worker.
    pub async fn start(programs: &Path) -> anyhow::Result<Self> {
        let data_dir = tempfile::Builder::new().prefix("inventiv-bench-").tempdir()?;
        // Run as root, PostgreSQL belongs to an account of its own, which must get to its files.
        std::fs::set_permissions(data_dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        let mut program = Command::new(programs.join("inventiv"))
            .arg("serve")
            .envs([
                ("INVENTIV_LISTEN", "127.0.0.1:0"),
                ("INVENTIV_METRICS_LISTEN", "127.0.0.1:0"),
                ("INVENTIV_ADMIN_EMAIL", ADMIN),
                ("INVENTIV_ADMIN_PASSWORD", PASSWORD),
                ("INVENTIV_MOCK_LATENCY_SCALE", "0"),
                ("INVENTIV_LOG", "warn"),
            ])
            .env("INVENTIV_DATA_DIR", data_dir.path())
            .env("INVENTIV_WORKER_BINARY", std::env::current_exe()?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting inventiv")?;
        let output = program.stdout.take().context("the program has no output")?;
        let url = tokio::time::timeout(START_LIMIT, address_in(output)).await??;
        let mut installation = Self {
            program,
            data_dir,
            url,
            token: String::new(),
            http: reqwest::Client::new(),
        };
        installation.sign_in().await?;
        Ok(installation)
    }

    pub fn process_id(&self) -> anyhow::Result<u32> {
        self.program.id().context("the program ended")
    }

    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let login = json!({"login": ADMIN, "password": PASSWORD, "transport": "bearer"});
        self.token = text(&self.send(Method::POST, "/auth/login", Some(login)).await?, "token")?;
        let organizations = self.send(Method::GET, "/organizations", None).await?;
        let entered = json!({"organization_id": organizations["items"][0]["id"], "transport": "bearer"});
        self.token = text(
            &self.send(Method::PUT, "/organizations/current", Some(entered)).await?,
            "token",
        )?;
        Ok(())
    }

    /// Deploys the mock model, activates it twice, makes a key, and waits until requests get through.
    pub async fn gateway(&self) -> anyhow::Result<Gateway> {
        let find = async |list: &str, member: &str, value: &str| -> anyhow::Result<Value> {
            let page = self.send(Method::GET, &format!("{list}?limit=200"), None).await?;
            let items = page["items"].as_array().into_iter().flatten();
            let found = items.into_iter().find(|item| item[member] == value);
            Ok(found.with_context(|| format!("no {value} in {list}"))?["id"].clone())
        };
        let request = json!({
            "model_id": find("/models", "model_id", "mock/echo").await?,
            "instance_type_id": find("/instance_types", "code", "mock-l4-1").await?,
            "zone_id": find("/zones", "code", "mock-paris-1").await?,
        });
        let instance = text(
            &self.send(Method::POST, "/deployments", Some(request)).await?,
            "instance_id",
        )?;
        let path = format!("/instances/{instance}");
        self.until("the instance is ready", async || {
            Ok(self.send(Method::GET, &path, None).await?["status"] == "ready")
        })
        .await?;
        for flag in ["tech", "eco"] {
            let active = Some(json!({"active": true}));
            self.send(Method::PUT, &format!("{path}/activation/{flag}"), active)
                .await?;
        }
        let key = self
            .send(Method::POST, "/api_keys", Some(json!({"name": "bench"})))
            .await?;
        let gateway = Gateway {
            authority: self.url.trim_start_matches("http://").to_owned(),
            key: text(&key, "key")?,
            model: "mock/echo".to_owned(),
            upstream: self.upstream_address()?,
        };
        self.until("requests get through", async || {
            let body = json!({"model": gateway.model, "messages": [{"role": "user", "content": "hi"}]});
            let request = self.http.post(format!("{}/v1/chat/completions", self.url)).json(&body);
            Ok(request.bearer_auth(&gateway.key).send().await?.status().is_success())
        })
        .await?;
        Ok(gateway)
    }

    /// Requests and answer tokens in the account, once they don't rise any more.
    pub async fn counted(&self) -> anyhow::Result<(u64, u64)> {
        let mut last = (0, 0);
        loop {
            let usage = self.send(Method::GET, "/finops/usage?group_by=model", None).await?;
            let member = |name: &str| usage["total"][name].as_u64().unwrap_or_default();
            let now = (member("requests"), member("output_tokens"));
            if now == last && now.0 > 0 {
                return Ok(now);
            }
            last = now;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    /// From the log of the machine: the console never shows where a worker listens.
    fn upstream_address(&self) -> anyhow::Result<String> {
        for log in std::fs::read_dir(self.data_dir.path().join("mock-cloud/logs"))? {
            let log = std::fs::read_to_string(log?.path())?;
            if let Some(address) = log.lines().find_map(|line| line.strip_prefix(LISTENS_ON)) {
                return Ok(address.to_owned());
            }
        }
        bail!("the upstream did not say where it listens")
    }

    async fn until(&self, what: &str, condition: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + READY_LIMIT;
        while !condition().await? {
            if tokio::time::Instant::now() > deadline {
                bail!("waited too long until {what}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, answer) = (response.status(), response.text().await?);
        if !status.is_success() {
            bail!("{method} {path}: {status} {answer}");
        }
        Ok(serde_json::from_str(&answer)?)
    }

    /// Tells it to stop and waits for it, so that nothing is left running.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let id = i32::try_from(self.process_id()?)?;
        crate::processes::terminate(id);
        self.program.wait().await?;
        Ok(())
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        // Reached with a running program only when a measurement failed; its PostgreSQL and machines end with it.
        if let Some(id) = self.program.id().and_then(|id| i32::try_from(id).ok()) {
            crate::processes::terminate(id);
        }
    }
}

fn text(answer: &Value, member: &str) -> anyhow::Result<String> {
    let value = answer[member].as_str();
    Ok(value.with_context(|| format!("the answer has no {member}"))?.to_owned())
}

/// The address in `Inventiv is ready: <address>/app/`. The rest of the output is read too, so that the program never waits for us.
async fn address_in(output: tokio::process::ChildStdout) -> anyhow::Result<String> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line
            .split("is ready: ")
            .nth(1)
            .and_then(|rest| rest.split("/app").next())
        {
            let address = address.to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address);
        }
    }
    bail!("the program ended before it was ready")
}
