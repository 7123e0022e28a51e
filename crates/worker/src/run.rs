//! The life of a worker: bind, register, run the engine, report, end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker_protocol::{PROTOCOL_VERSION, RegisterRequest, RegisterResponse};

use crate::backoff::Backoff;
use crate::cli::{BOOTSTRAP_TOKEN_VARIABLE, RunOptions};
use crate::control_plane::{CallError, ControlPlane, ControlPlaneError};
use crate::engine::{self, Spawner};
use crate::heartbeat::{HeartbeatEnd, Heartbeats, OrphanClock};
use crate::loopback::EngineClient;
use crate::secret::Secret;
use crate::serving::{self, Serving};
use crate::state::WorkerState;
use crate::supervisor::Supervisor;
use crate::{gpus, loopback, platform, private_file};

/// Pauses between attempts to register.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Longest wait for the server to take note of a drain.
const DRAIN_NOTICE: Duration = Duration::from_secs(2);
/// Longest wait for the last bytes to go out.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a worker ended in good order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// By the server or by a signal.
    Asked,
    /// The server refuses it, for good.
    Refused { code: String },
    /// The server was out of reach for too long.
    Orphaned,
}

/// Why a worker could not run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the bootstrap token is missing: set INVENTIV_WORKER_BOOTSTRAP_TOKEN or --bootstrap-token-file")]
    NoToken,
    #[error("the bootstrap token cannot be read from {path}: {source}")]
    TokenFile { path: PathBuf, source: std::io::Error },
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("--advertise is needed: other machines cannot reach {0}")]
    NothingToAdvertise(SocketAddr),
    #[error("--advertise has to be HOST:PORT")]
    Advertise,
    #[error(transparent)]
    ControlPlane(#[from] ControlPlaneError),
    #[error("the operating system refuses: {0}")]
    System(#[from] std::io::Error),
}

/// Runs until told to stop. The engine is ended before this returns.
pub async fn run(options: Box<RunOptions>) -> Result<Exit, RunError> {
    let mut signals = Signals::listen()?;
    let bootstrap = bootstrap_token(&options)?;
    let control_plane = ControlPlane::new(&options.control_plane_url)?;
    let listen_error = |source| RunError::Listen {
        address: options.listen,
        source,
    };
    let listener = TcpListener::bind(options.listen).await.map_err(listen_error)?;
    let address = advertised(options.advertise.as_deref(), listener.local_addr()?)?;
    let request = RegisterRequest {
        protocol_version: PROTOCOL_VERSION,
        boot_id: new_boot_id(),
        worker_version: env!("CARGO_PKG_VERSION").to_owned(),
        address,
        hostname: platform::hostname(),
        gpus: gpus::detect().await,
    };
    tracing::info!(address = request.address, boot_id = %request.boot_id, "worker starts");
    let state = Arc::new(WorkerState::default());
    let client = loopback::client();
    let server = Server::start(
        listener,
        Serving {
            state: state.clone(),
            client: client.clone(),
        },
    );

    let registration = tokio::select! {
        registration = register(&control_plane, &bootstrap, &request, options.exit_when_orphaned_for) => registration,
        () = signals.next() => Err(Exit::Asked),
    };
    let exit = match registration {
        Ok(response) => {
            let worker = Worker {
                options: *options,
                control_plane,
                boot_id: request.boot_id,
                state,
                client,
            };
            worker.run(response, signals).await?
        }
        Err(exit) => exit,
    };
    server.close().await;
    tracing::info!("worker ends");
    Ok(exit)
}

/// Made anew at each start; a clone of this machine must not guess it, so nothing of it comes from the clock.
// A worker is a program of its own: the ids of the server's database are not made here.
#[allow(clippy::disallowed_methods)]
fn new_boot_id() -> Uuid {
    Uuid::new_v4()
}

/// The listener's side. Until the registration has brought a serving token, nobody is let in.
struct Server {
    closing: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    fn start(listener: TcpListener, serving: Serving) -> Self {
        let closing = CancellationToken::new();
        let listener = listener.tap_io(|stream| {
            // Without it small chunks wait for the acknowledgement of the last one.
            let _ = stream.set_nodelay(true);
        });
        let server = axum::serve(listener, serving::router(serving));
        #[expect(clippy::disallowed_methods, reason = "waited for when the server closes")]
        let task = tokio::spawn(
            server
                .with_graceful_shutdown(closing.clone().cancelled_owned())
                .into_future(),
        );
        Self { closing, task }
    }

    /// Lets the last bytes go out.
    async fn close(self) {
        self.closing.cancel();
        let _ = timeout(CLOSE_TIMEOUT, self.task).await;
    }
}

/// Repeats with the same boot id until the server answers, one way or the other.
async fn register(
    control_plane: &ControlPlane,
    bootstrap: &Secret,
    request: &RegisterRequest,
    exit_when_orphaned_for: Option<Duration>,
) -> Result<RegisterResponse, Exit> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let mut orphan = OrphanClock::new(exit_when_orphaned_for, Instant::now());
    loop {
        match control_plane.register(bootstrap, request).await {
            Ok(response) => return Ok(response),
            Err(CallError::Refused { code }) => return Err(Exit::Refused { code }),
            Err(error) => tracing::warn!(%error, "registration failed, trying again"),
        }
        if orphan.is_over(false, Instant::now()) {
            return Err(Exit::Orphaned);
        }
        sleep(orphan.bound(backoff.next_pause())).await;
    }
}

/// A worker between its registration and its end.
struct Worker {
    options: RunOptions,
    control_plane: ControlPlane,
    boot_id: Uuid,
    state: Arc<WorkerState>,
    client: EngineClient,
}

impl Worker {
    /// The engine has ended when this returns.
    async fn run(self, response: RegisterResponse, mut signals: Signals) -> Result<Exit, RunError> {
        let RegisterResponse {
            instance_id,
            worker_token,
            serving_token,
            heartbeat_interval_ms,
            assignment,
        } = response;
        tracing::info!(%instance_id, model = assignment.model_id, engine = ?assignment.engine, "registered");
        let Self {
            options,
            control_plane,
            boot_id,
            state,
            client,
        } = self;
        state.set_serving_token(Secret::new(serving_token));
        let shutdown = CancellationToken::new();
        let supervisor = Supervisor {
            driver: engine::driver(assignment.engine, &options.engine)?,
            assignment,
            options: options.engine,
            state: state.clone(),
            client,
            spawner: Spawner::start()?,
            shutdown: shutdown.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "waited for below")]
        let supervisor = tokio::spawn(supervisor.run());
        let heartbeats = Heartbeats {
            control_plane,
            worker_token: Secret::new(worker_token),
            boot_id,
            state: state.clone(),
            interval: Duration::from_millis(heartbeat_interval_ms),
            exit_when_orphaned_for: options.exit_when_orphaned_for,
        };
        let exit = until_end(heartbeats, &state, &mut signals, options.drain_timeout).await;
        state.drain();
        shutdown.cancel();
        if let Err(error) = supervisor.await {
            tracing::error!(%error, "the supervisor failed; the engine was killed");
        }
        Ok(exit)
    }
}

/// The server ends the worker at once; a signal lets running requests finish first, and a second signal does not.
async fn until_end(
    heartbeats: Heartbeats,
    state: &WorkerState,
    signals: &mut Signals,
    drain_timeout: Duration,
) -> Exit {
    let heartbeats = heartbeats.run();
    tokio::pin!(heartbeats);
    let end = tokio::select! {
        end = &mut heartbeats => Some(end),
        () = signals.next() => None,
    };
    let end = match end {
        Some(end) => Some(end),
        None => {
            tracing::info!(
                in_flight = state.in_flight(),
                "asked to end: running requests may finish"
            );
            state.drain();
            let drained = async {
                let _ = timeout(DRAIN_NOTICE, state.drain_acknowledged()).await;
                let _ = timeout(drain_timeout, state.idle()).await;
            };
            tokio::select! {
                end = &mut heartbeats => Some(end),
                () = drained => None,
                () = signals.next() => None,
            }
        }
    };
    match end {
        None | Some(HeartbeatEnd::Stop) => Exit::Asked,
        Some(HeartbeatEnd::Refused { code }) => Exit::Refused { code },
        Some(HeartbeatEnd::Orphaned) => Exit::Orphaned,
    }
}

/// SIGTERM and SIGINT mean the same.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a secret of one use comes by the environment")]
fn bootstrap_token(options: &RunOptions) -> Result<Secret, RunError> {
    let token = match &options.bootstrap_token_file {
        Some(path) => private_file::read(path).map_err(|source| RunError::TokenFile {
            path: path.clone(),
            source,
        })?,
        None => std::env::var(BOOTSTRAP_TOKEN_VARIABLE).map_err(|_| RunError::NoToken)?,
    };
    match token.trim() {
        "" => Err(RunError::NoToken),
        token => Ok(Secret::new(token.to_owned())),
    }
}

/// The address told to the server.
fn advertised(given: Option<&str>, bound: SocketAddr) -> Result<String, RunError> {
    match given {
        Some(given) => match given.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                Ok(given.to_owned())
            }
            _ => Err(RunError::Advertise),
        },
        None if bound.ip().is_unspecified() => Err(RunError::NothingToAdvertise(bound)),
        None => Ok(bound.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_address_needs_one_to_advertise() {
        let wildcard: SocketAddr = ([0, 0, 0, 0], 80).into();
        assert!(matches!(
            advertised(None, wildcard),
            Err(RunError::NothingToAdvertise(_))
        ));
        assert_eq!(
            advertised(Some("gpu-1.internal:80"), wildcard).unwrap(),
            "gpu-1.internal:80"
        );
        assert_eq!(advertised(None, ([127, 0, 0, 1], 81).into()).unwrap(), "127.0.0.1:81");
        for wrong in ["gpu-1", ":80", "gpu-1:0", "gpu-1:eighty"] {
            assert!(
                matches!(advertised(Some(wrong), wildcard), Err(RunError::Advertise)),
                "{wrong}"
            );
        }
    }
}
