//! What the tests against a real PostgreSQL share.
#![allow(dead_code)] // each test program uses a part

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embedded_postgres::{Cluster, Durability, Installation, Settings};
use tempfile::TempDir;

/// Above anything seen on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Tells the re-executed test program which data directory to own.
const OWNED: &str = "EMBEDDED_POSTGRES_TEST_OWNS";

pub fn installation() -> Installation {
    Installation::find(None).unwrap()
}

/// A directory that PostgreSQL's account can pass through.
pub fn place() -> TempDir {
    tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir()
        .unwrap()
}

pub fn durable(data_dir: &Path) -> Settings {
    Settings::new(data_dir, installation())
}

/// For tests that are not about what survives.
pub fn quick(data_dir: &Path) -> Settings {
    Settings {
        durability: Durability::Disposable,
        ..durable(data_dir)
    }
}

/// The result of one statement, as `psql` prints it unaligned.
pub fn sql(url: &str, statement: &str) -> String {
    let output = Command::new(installation().bin_dir().join("psql"))
        .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{statement}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn server_pid(data_dir: &Path) -> u32 {
    let text = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

/// Whether the process runs; one that ended but was not awaited does not.
pub fn is_running(pid: u32) -> bool {
    let listed = Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.to_string()])
        .output()
        .unwrap();
    let state = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Another process (this test program once more) that owns a cluster until it is killed.
pub struct Owner {
    process: Child,
}

impl Owner {
    /// Runs the test `body` of this program, which must call [`own_until_killed`].
    pub fn spawn(body: &str, data_dir: &Path) -> Self {
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", body])
            .env(OWNED, data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Blocks until its cluster is ready; what it then says: the data directory.
    pub fn wait_until_ready(&mut self) -> String {
        let lines = BufReader::new(self.process.stdout.take().unwrap()).lines();
        let said = lines
            .map(Result::unwrap)
            .find_map(|line| line.split_once("owns ").map(|(_, dir)| dir.to_owned()));
        said.expect("the owner ended before its cluster was ready")
    }

    /// SIGKILL: it can do nothing about it.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// In the owner process.
#[allow(clippy::print_stdout)] // how it tells the other process that it is ready
pub fn own_until_killed(start: impl FnOnce(&Path) -> Cluster) {
    #[expect(clippy::disallowed_methods, reason = "how one test process tells another")]
    let data_dir = std::env::var_os(OWNED).expect("only to be run by the other tests of this program");
    let cluster = start(Path::new(&data_dir));
    let owned = cluster.socket_dir().parent().unwrap();
    println!("owns {}", owned.display());
    // Until the test program goes away, should it not kill this one.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}
