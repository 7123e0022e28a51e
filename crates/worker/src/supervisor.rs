//! Keeps one engine alive: starts it, waits until it generates, watches it, and starts it again when it dies.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use worker_protocol::{Assignment, Phase, failures};

use crate::backoff::Backoff;
use crate::cli::EngineOptions;
use crate::engine::{EngineDriver, EngineSpec, Liveness, Probe, Spawner, Verdict, generate_first_token};
use crate::loopback::{EngineClient, EngineHttp};
use crate::state::WorkerState;

/// Crashes within the window after which the engine is given up.
const CRASHES: usize = 5;
const CRASH_WINDOW: Duration = Duration::from_secs(600);
const LONGEST_RESTART_DELAY: Duration = Duration::from_secs(30);
/// Longest pause between two probes of a starting engine.
const START_PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// The first token may have to wait for kernels to be compiled.
const FIRST_TOKEN_TIMEOUT: Duration = Duration::from_secs(120);
/// Failed checks in a row before a ready engine counts as degraded.
const FAILURES_UNTIL_DEGRADED: u32 = 2;

pub struct Supervisor {
    pub driver: Box<dyn EngineDriver>,
    pub assignment: Assignment,
    pub options: EngineOptions,
    pub state: Arc<WorkerState>,
    pub client: EngineClient,
    pub spawner: Spawner,
    /// Ends the engine and the supervisor.
    pub shutdown: CancellationToken,
}

/// How one engine process ended.
enum LifeEnd {
    /// Because the worker ends.
    Stopped,
    /// Another attempt would end the same way.
    CannotStart {
        code: &'static str,
        message: String,
    },
    Died {
        message: String,
        was_ready: bool,
    },
}

impl Supervisor {
    /// Returns when [`Supervisor::shutdown`] is cancelled and the engine has ended.
    pub async fn run(self) {
        let mut crashes = CrashWindow::default();
        let mut backoff = Backoff::new(self.options.restart_delay, LONGEST_RESTART_DELAY);
        loop {
            match self.one_life().await {
                LifeEnd::Stopped => return,
                LifeEnd::CannotStart { code, message } => return self.give_up(code, message).await,
                LifeEnd::Died { message, was_ready } => {
                    tracing::warn!(engine = self.driver.name(), message, "the engine ended");
                    if crashes.record(Instant::now()) {
                        let message = format!("{CRASHES} crashes within ten minutes; the last: {message}");
                        return self.give_up(failures::ENGINE_CRASH_LOOP, message).await;
                    }
                    if was_ready {
                        backoff.reset();
                    }
                    tokio::select! {
                        () = sleep(backoff.next_pause()) => {}
                        () = self.shutdown.cancelled() => return,
                    }
                }
            }
        }
    }

    /// The server decides what happens to a failed worker; until then it goes on to report.
    async fn give_up(&self, code: &str, message: String) {
        tracing::error!(code, message, "the engine is given up");
        self.state.set_engine_phase(Phase::Failed {
            code: code.to_owned(),
            message,
        });
        self.shutdown.cancelled().await;
    }

    async fn one_life(&self) -> LifeEnd {
        let died = |message: String| LifeEnd::Died {
            message,
            was_ready: false,
        };
        let address = match free_loopback_address() {
            Ok(address) => address,
            Err(error) => return died(format!("no free port for the engine: {error}")),
        };
        let spec = EngineSpec {
            model_id: self.assignment.model_id.clone(),
            arguments: self.assignment.engine_arguments.clone(),
            context_length: self.assignment.context_length,
            address,
        };
        let launch = match self.driver.launch(&spec) {
            Ok(launch) => launch,
            Err(error) => {
                return LifeEnd::CannotStart {
                    code: failures::ENGINE_ARGUMENTS_REFUSED,
                    message: error.to_string(),
                };
            }
        };
        let mut process = match self.spawner.spawn(&launch).await {
            Ok(process) => process,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                let message = format!("{} cannot be run: {error}", launch.program.display());
                return LifeEnd::CannotStart {
                    code: failures::ENGINE_NOT_FOUND,
                    message,
                };
            }
            Err(error) => return died(format!("the engine cannot be started: {error}")),
        };
        tracing::info!(engine = self.driver.name(), process = process.id(), %address, "engine started");
        self.state.set_engine_phase(Phase::EngineStarting);
        let http = EngineHttp::new(self.client.clone(), address);
        let ended = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => None,
            status = process.wait() => Some(match status {
                Ok(status) => format!("the engine ended with {status}"),
                Err(error) => format!("the engine cannot be watched: {error}"),
            }),
            reason = self.bring_up_and_watch(&http, address) => Some(reason),
        };
        let was_ready = matches!(self.state.engine_phase(), Phase::Ready | Phase::Degraded { .. });
        // Said before the engine gets its time to end: nothing new is sent to it, and its numbers mean nothing any more.
        self.state.set_engine_address(None);
        self.state.set_report(None);
        if let (true, Some(message)) = (was_ready, &ended) {
            let message = format!("{message}; starting again");
            self.state.set_engine_phase(Phase::Degraded { message });
        }
        self.driver.stop(&mut process, self.options.stop_grace).await;
        match ended {
            None => LifeEnd::Stopped,
            Some(message) => {
                let message = match process.last_line() {
                    Some(line) => format!("{message} (last line: {})", shortened(&line)),
                    None => message,
                };
                LifeEnd::Died { message, was_ready }
            }
        }
    }

    /// Returns why the engine has to be ended.
    async fn bring_up_and_watch(&self, http: &EngineHttp, address: SocketAddr) -> String {
        match tokio::time::timeout(self.options.start_timeout, self.bring_up(http)).await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => return reason,
            Err(_) => return format!("not ready after {} seconds", self.options.start_timeout.as_secs()),
        }
        self.state.set_engine_address(Some(address));
        self.state.set_engine_phase(Phase::Ready);
        self.watch(http).await
    }

    /// Until health is good, the model is listed and a token was generated. Bounded by the caller's timeout.
    async fn bring_up(&self, http: &EngineHttp) -> Result<(), String> {
        let pause = self.options.probe_interval.min(START_PROBE_INTERVAL);
        loop {
            match self.driver.probe(http).await {
                Probe::Ready { models, max_model_len } if self.lists_model(&models) => {
                    if max_model_len.is_some_and(|length| length < self.assignment.context_length) {
                        tracing::warn!(max_model_len, "the engine's context is shorter than the assigned one");
                    }
                    break;
                }
                // Once it has answered, a port that is silent for a moment is no step back.
                Probe::Loading | Probe::Ready { .. } => self.state.set_engine_phase(Phase::ModelLoading),
                Probe::Starting | Probe::Degraded { .. } => {}
                Probe::Dead { message } => return Err(message),
            }
            sleep(pause).await;
        }
        self.refresh_report(http).await;
        self.state.set_engine_phase(Phase::WarmingUp);
        let mut backoff = Backoff::new(pause, LONGEST_RESTART_DELAY);
        while let Err(error) = generate_first_token(http, &self.assignment.model_id, FIRST_TOKEN_TIMEOUT).await {
            tracing::warn!(%error, "no first token yet");
            sleep(backoff.next_pause()).await;
        }
        self.refresh_report(http).await;
        Ok(())
    }

    /// Returns why the engine has to be ended.
    async fn watch(&self, http: &EngineHttp) -> String {
        let mut liveness = Liveness::new(self.options.stall_after, Instant::now());
        let mut failures = 0_u32;
        let mut degraded_at: Option<Instant> = None;
        loop {
            sleep(self.options.probe_interval).await;
            let message = match self.check(http, &mut liveness).await {
                Check::Good => {
                    failures = 0;
                    degraded_at = None;
                    self.state.set_engine_phase(Phase::Ready);
                    continue;
                }
                Check::Dead(message) => return message,
                Check::Bad(message) => message,
            };
            failures = failures.saturating_add(1);
            if failures < FAILURES_UNTIL_DEGRADED {
                continue;
            }
            let since = *degraded_at.get_or_insert_with(Instant::now);
            if since.elapsed() >= self.options.restart_degraded_after {
                return format!("degraded for too long: {message}");
            }
            self.state.set_engine_phase(Phase::Degraded { message });
        }
    }

    async fn check(&self, http: &EngineHttp, liveness: &mut Liveness) -> Check {
        match self.driver.probe(http).await {
            Probe::Ready { models, .. } if self.lists_model(&models) => {}
            Probe::Ready { .. } => return Check::Bad("the engine lists the model no more".to_owned()),
            Probe::Starting => return Check::Bad("the engine's port does not answer".to_owned()),
            Probe::Loading => return Check::Bad("the engine is loading again".to_owned()),
            Probe::Degraded { message } => return Check::Bad(message),
            Probe::Dead { message } => return Check::Dead(message),
        }
        let scrape = match self.driver.scrape(http).await {
            Ok(scrape) => scrape,
            Err(error) => {
                tracing::debug!(%error, "no metrics");
                self.state.set_report(None);
                return Check::Good;
            }
        };
        self.state.set_report(Some(scrape.report.clone()));
        match liveness.observe(&scrape, Instant::now()) {
            Verdict::Alive => Check::Good,
            Verdict::Stalled => Check::Bad("the engine has work and makes no progress".to_owned()),
            Verdict::NeedsCanary => {
                match generate_first_token(http, &self.assignment.model_id, self.options.stall_after).await {
                    Ok(()) => {
                        liveness.proved(Instant::now());
                        Check::Good
                    }
                    Err(error) => Check::Bad(format!("no token on demand: {error}")),
                }
            }
        }
    }

    async fn refresh_report(&self, http: &EngineHttp) {
        self.state
            .set_report(self.driver.scrape(http).await.ok().map(|scrape| scrape.report));
    }

    fn lists_model(&self, models: &[String]) -> bool {
        models.contains(&self.assignment.model_id)
    }
}

enum Check {
    Good,
    Bad(String),
    /// Only a restart helps.
    Dead(String),
}

/// Times of the last crashes.
#[derive(Debug, Default)]
struct CrashWindow {
    times: VecDeque<Instant>,
}

impl CrashWindow {
    /// True when this crash is one too many.
    fn record(&mut self, now: Instant) -> bool {
        self.times.retain(|time| now.duration_since(*time) < CRASH_WINDOW);
        self.times.push_back(now);
        self.times.len() >= CRASHES
    }
}

/// Another program may take the port before the engine does; then the engine ends and the next attempt takes another.
fn free_loopback_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Messages travel with every heartbeat.
fn shortened(line: &str) -> String {
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_crash_within_ten_minutes_is_one_too_many_and_old_ones_are_forgotten() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = CrashWindow::default();
        let verdicts = [0, 200, 400, 599, 600, 601].map(|seconds| window.record(at(seconds)));
        // At 600 the crash of second 0 has just left the window.
        assert_eq!(verdicts, [false, false, false, false, false, true]);
    }
}
