//! The engine as a process: started from one long-lived thread, its output forwarded to the log, ended as a group.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

use super::Launch;
use crate::platform;

/// Bytes of a line of the engine's output; longer ones are cut into several.
const MAX_LINE: usize = 2000;
/// Lines kept to explain a crash.
const KEPT_LINES: usize = 20;
/// Our own variables, which hold secrets and settings of the worker, except those meant for the mock engine and the log.
const OWN_PREFIX: &str = "INVENTIV_";
const PASSED_ON: [&str; 2] = ["INVENTIV_WORKER_MOCK_", "INVENTIV_WORKER_LOG"];

type SpawnRequest = (Command, oneshot::Sender<io::Result<Child>>);

/// Starts processes from a thread of its own. Linux binds the death signal of a child to the thread that made it, and
/// threads of the async runtime may end early.
pub struct Spawner {
    requests: mpsc::Sender<SpawnRequest>,
}

impl Spawner {
    /// Must be called within the runtime. The thread ends with the spawner.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Handle::current();
        let (requests, mut queue) = mpsc::channel::<SpawnRequest>(1);
        std::thread::Builder::new()
            .name("engine-spawner".to_owned())
            .spawn(move || {
                let _guard = runtime.enter();
                while let Some((mut command, answer)) = queue.blocking_recv() {
                    let _ = answer.send(command.spawn());
                }
            })?;
        Ok(Self { requests })
    }

    /// Starts the engine. [`io::ErrorKind::NotFound`] when there is no such program.
    pub async fn spawn(&self, launch: &Launch) -> io::Result<EngineProcess> {
        let (answer, spawned) = oneshot::channel();
        let gone = || io::Error::other("the spawner thread has ended");
        self.requests
            .send((command(launch), answer))
            .await
            .map_err(|_| gone())?;
        let mut child = spawned.await.map_err(|_| gone())??;
        let output = Output::default();
        #[expect(clippy::disallowed_methods, reason = "ends with the output")]
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(forward(stdout, output.clone()));
        }
        #[expect(clippy::disallowed_methods, reason = "ends with the output")]
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(forward(stderr, output.clone()));
        }
        Ok(EngineProcess {
            leader: child.id(),
            child,
            output,
        })
    }
}

fn command(launch: &Launch) -> Command {
    let mut command = Command::new(&launch.program);
    command.args(&launch.arguments);
    #[expect(clippy::disallowed_methods, reason = "to keep them from the engine")]
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with(OWN_PREFIX) && !PASSED_ON.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    for (name, value) in &launch.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    platform::own_group_and_die_with_parent(&mut command);
    command
}

/// A started engine. Dropping it kills the whole group.
pub struct EngineProcess {
    /// Process id, which is also the id of the group; `None` once it has been ended.
    leader: Option<u32>,
    child: Child,
    output: Output,
}

impl EngineProcess {
    /// Process id while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end. May be cancelled and called again.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks the group to end, and ends it after `grace`. The status is `None` when it could not be read.
    pub async fn stop(&mut self, grace: Duration) -> Option<ExitStatus> {
        if let Some(leader) = self.leader
            && self.child.id().is_some()
        {
            platform::terminate_group(leader);
            if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
                tracing::warn!(
                    grace_seconds = grace.as_secs(),
                    "the engine did not end in time and is killed"
                );
            }
        }
        self.kill_group();
        self.child.wait().await.ok()
    }

    /// The last line the engine wrote, to explain its end.
    pub fn last_line(&self) -> Option<String> {
        self.output.last_line()
    }

    /// Also reaches what a crashed engine left behind in its group.
    fn kill_group(&mut self) {
        if let Some(leader) = self.leader.take() {
            platform::kill_group(leader);
        }
    }
}

impl Drop for EngineProcess {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// The end of the engine's output.
#[derive(Clone, Default)]
struct Output {
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Output {
    fn push(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        if line.is_empty() {
            return;
        }
        tracing::info!(target: "engine", "{line}");
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn last_line(&self) -> Option<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .back()
            .cloned()
    }
}

async fn forward(mut stream: impl AsyncRead + Unpin, output: Output) {
    let mut pending = Vec::new();
    let mut buffer = [0_u8; 8192];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            output.push(&pending);
            return;
        }
        for byte in &buffer[..read] {
            if *byte == b'\n' || pending.len() == MAX_LINE {
                output.push(&pending);
                pending.clear();
            }
            if *byte != b'\n' {
                pending.push(*byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn output_is_cut_into_bounded_lines_and_the_last_is_kept() {
        let output = Output::default();
        let long = vec![b'x'; MAX_LINE + 5];
        let text = [b"one\n\ntwo\n".as_slice(), &long].concat();
        forward(text.as_slice(), output.clone()).await;
        let lines: Vec<usize> = output.lines.lock().unwrap().iter().map(String::len).collect();
        assert_eq!(lines, [3, 3, MAX_LINE, 5]);
        assert_eq!(output.last_line().as_deref(), Some("xxxxx"));
    }

    #[tokio::test]
    async fn a_program_that_does_not_exist_is_told_as_such() {
        let launch = Launch {
            program: "no-such-engine-here".into(),
            arguments: Vec::new(),
            environment: Vec::new(),
        };
        let error = Spawner::start().unwrap().spawn(&launch).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_engine_that_ignores_the_request_to_end_is_killed_with_its_children() {
        let script = "trap '' TERM; sleep 600 & echo $!; wait";
        let launch = Launch {
            program: "sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: Vec::new(),
        };
        let spawner = Spawner::start().unwrap();
        let mut process = spawner.spawn(&launch).await.unwrap();
        let grandchild = wait_for("the script's line", || process.last_line()).await;
        let status = process.stop(Duration::from_millis(50)).await.unwrap();
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(libc::SIGKILL)
        );
        wait_for("the end of the grandchild", || {
            // It stays a zombie until init, its parent now, collects it.
            let stat = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            (stat.is_empty() || stat.contains(") Z ")).then_some(())
        })
        .await;
    }

    async fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(value) = condition() {
                return value;
            }
            assert!(tokio::time::Instant::now() < deadline, "{what} did not come");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
