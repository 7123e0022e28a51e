//! A running `inventiv` and somebody signed in to it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

const PASSWORD: &str = "correct horse battery";

/// Where a program keeps everything, and how it is started again and again.
pub struct Installation {
    pub data_dir: tempfile::TempDir,
    /// Kept over restarts, as an operator would.
    port: u16,
    http: reqwest::Client,
    token: Option<String>,
    /// Dropped, and thereby ended, before its data directory.
    running: Option<Child>,
}

impl Installation {
    pub fn new() -> Self {
        static TLS: OnceLock<()> = OnceLock::new();
        TLS.get_or_init(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        Self {
            data_dir: tempfile::tempdir().unwrap(),
            // Free a moment ago; nothing else here asks for fixed ports.
            port: TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port(),
            http: reqwest::Client::new(),
            token: None,
            running: None,
        }
    }

    pub fn mock_directory(&self) -> PathBuf {
        self.data_dir.path().join("mock-cloud")
    }

    /// The program on this directory, not started yet.
    pub fn command(&self, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inventiv"));
        command
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(["--metrics-listen", "127.0.0.1:0"])
            .args(["--mock-latency-scale", "0.1"])
            .arg("--data-dir")
            .arg(self.data_dir.path())
            .arg("--worker-binary")
            .arg(worker_binary())
            .env("INVENTIV_ADMIN_PASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    /// Starts the program, which dies at the given edge of the intent log, and signs in.
    pub async fn start(&mut self, crash_at: Option<&str>) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.data_dir.path().join("log"))
            .unwrap();
        let mut command = self.command(self.port);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        if let Some(edge) = crash_at {
            command.env("INVENTIV_CRASH_AT", edge);
        }
        self.running = Some(command.spawn().unwrap());
        let body = json!({"login": "admin", "password": PASSWORD, "transport": "bearer"});
        self.token = None;
        let token = eventually("somebody can sign in", self, async |installation| {
            let answer = installation.try_send(Method::POST, "/auth/login", Some(&body)).await?;
            Some(answer["token"].as_str()?.to_owned())
        })
        .await;
        self.token = Some(token);
    }

    /// Waits until the program has died by itself.
    pub async fn dies(&mut self) -> ExitStatus {
        let mut child = self.running.take().unwrap();
        tokio::task::spawn_blocking(move || child.wait().unwrap())
            .await
            .unwrap()
    }

    /// As a power cut does, or the kernel when memory runs out.
    pub async fn kill(&mut self) {
        self.running.as_mut().unwrap().kill().unwrap();
        self.dies().await;
    }

    /// As an operator stops it.
    pub async fn stop(&mut self) -> ExitStatus {
        let pid = self.running.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.dies().await
    }

    /// `None`: no answer, or an error.
    pub async fn try_send(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let mut request = self.http.request(method, self.url(path));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.ok()?;
        let response = response.error_for_status().ok()?;
        response.json().await.ok()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.try_send(Method::GET, path, None)
            .await
            .unwrap_or_else(|| panic!("GET {path}: {}", self.log()))
    }

    /// The private database, as its owner.
    pub async fn database(&self) -> PgConnection {
        let options = PgConnectOptions::new()
            .socket(self.data_dir.path().join("socket"))
            .port(5432)
            .username("inventiv")
            .database("inventiv");
        PgConnection::connect_with(&options).await.unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data_dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let cut = providers::mock::cut_power(&self.mock_directory());
        assert!(
            cut.is_ok() || std::thread::panicking(),
            "machines of a test may still run: {cut:?}"
        );
        stop_postgres(self.data_dir.path());
    }
}

/// A program that was killed leaves its PostgreSQL to the next one; after a test there is none.
fn stop_postgres(data_dir: &Path) {
    let text = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok();
    if let Some(pid) = text.as_deref().and_then(|text| text.lines().next()) {
        let _ = Command::new("kill").args(["-QUIT", pid]).status();
    }
}

/// Beside the program, where a build of the workspace puts it.
pub fn worker_binary() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_inventiv")).with_file_name("inventiv-worker");
    assert!(path.is_file(), "build the worker first: cargo build -p inventiv-worker");
    path
}

pub async fn eventually<T>(
    what: &str,
    installation: &Installation,
    mut look: impl AsyncFnMut(&Installation) -> Option<T>,
) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(seen) = look(installation).await {
            return seen;
        }
        assert!(
            Instant::now() < deadline,
            "waited in vain until {what}:\n{}",
            installation.log()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
