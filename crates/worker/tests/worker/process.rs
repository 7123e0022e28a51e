//! The program as a child process, with its log.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::client::{DEADLINE, eventually, http};
use crate::control_plane::{BOOTSTRAP_TOKEN, ControlPlane, SERVING_TOKEN, WORKER_TOKEN};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_inventiv-worker");

pub struct Program {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let collected = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                collected.lock().unwrap().push(line);
            }
        });
        Self { child, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    pub async fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    }

    /// Waits for the end; whatever happened, no token may be in the log.
    pub async fn exit_status(&mut self) -> Option<i32> {
        let status = tokio::time::timeout(DEADLINE, self.child.wait()).await;
        let log = self.log();
        let status = status
            .unwrap_or_else(|_| panic!("does not end; its log:\n{log}"))
            .unwrap();
        for token in [BOOTSTRAP_TOKEN, WORKER_TOKEN, SERVING_TOKEN] {
            assert!(!log.contains(token), "a token is in the log:\n{log}");
        }
        status.code()
    }
}

/// A running worker.
pub struct Worker {
    pub program: Program,
}

impl Worker {
    /// Probes are quick, so that tests are.
    pub fn start(server: &ControlPlane, more: &[&str]) -> Self {
        let mut arguments = vec!["run", "--control-plane-url", &server.url, "--log-format", "json"];
        arguments.extend([
            "--probe-interval",
            "0.05",
            "--restart-delay",
            "0.02",
            "--stop-grace",
            "5",
        ]);
        arguments.extend(more);
        let environment = [
            ("INVENTIV_WORKER_BOOTSTRAP_TOKEN", BOOTSTRAP_TOKEN),
            ("INVENTIV_WORKER_MOCK_REQUEST_FAULTS", "true"),
            // Not set, as unit files leave a setting out.
            ("INVENTIV_WORKER_DRAIN_TIMEOUT", ""),
            ("INVENTIV_WORKER_ADVERTISE", ""),
            ("INVENTIV_WORKER_SIMULATE_ENGINES", ""),
        ];
        Self {
            program: Program::start(&arguments, &environment),
        }
    }

    /// Address of the engine that was started last.
    pub async fn engine_address(&self) -> String {
        eventually("the engine is started", || async {
            let log = self.program.log();
            let started = log
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .rfind(|line| line["fields"]["message"] == "engine started")?;
            Some(started["fields"]["address"].as_str()?.to_owned())
        })
        .await
    }

    /// How many engines were started.
    pub fn engines_started(&self) -> usize {
        self.program.log().matches("\"engine started\"").count()
    }
}

/// A request to the worker as the gateway sends it.
pub fn gateway_post(server: &ControlPlane, path: &str) -> reqwest::RequestBuilder {
    let address = server.registrations()[0].address.clone();
    http()
        .post(format!("http://{address}{path}"))
        .bearer_auth(SERVING_TOKEN)
}

/// A mock engine of its own.
pub struct Engine {
    pub program: Program,
    pub address: String,
}

impl Engine {
    /// Without delays and with faults on request; returns when it answers.
    pub async fn start(more: &[&str]) -> Self {
        Self::start_without_request_faults(&[&["--request-faults"], more].concat()).await
    }

    /// As it is started outside tests, but for the delays.
    pub async fn start_without_request_faults(more: &[&str]) -> Self {
        let address = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().to_string()
        };
        let mut arguments = vec!["mock-engine", "--listen", &address, "--model", "demo"];
        arguments.extend(["--token-delay-ms", "0", "--first-token-delay-ms", "0"]);
        arguments.extend(more);
        let program = Program::start(&arguments, &[]);
        eventually("the mock engine answers", || async {
            http().get(format!("http://{address}/metrics")).send().await.ok()
        })
        .await;
        Self { program, address }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        http().post(self.url(path)).json(body).send().await.unwrap()
    }
}
