//! Generates the planned tokens of one request at the asked pace. Dropping a [`Generation`] before its end is the abort of
//! a client that left.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

use super::MockEngine;
use super::metrics::{Gauge, add};
use super::options::EngineFault;
use super::request::{Controls, Fault};
use super::text::{Answer, FinishReason};

/// Requests that may wait for a seat; one more is refused.
const MAX_WAITING: u64 = 4096;
/// Exit status of a crash that was asked for.
const CRASH_STATUS: i32 = 70;

pub(super) struct Generation {
    engine: Arc<MockEngine>,
    answers: Vec<Arc<Answer>>,
    prompt_tokens: u64,
    /// Tokens generated so far, over all choices.
    completion_tokens: u64,
    /// Steps done: each adds one token to every choice that is not finished.
    step: usize,
    next_step_at: Instant,
    token_delay: Duration,
    fault: Option<(Fault, usize)>,
    ended: bool,
    _seat: OwnedSemaphorePermit,
}

/// One token of one choice.
pub(super) struct Token {
    pub choice: usize,
    pub text: String,
    /// Said with the last token of the choice.
    pub finish_reason: Option<FinishReason>,
}

pub(super) enum Step {
    Tokens(Vec<Token>),
    End,
    /// A fault that the caller has to show: [`Fault::CutStream`] or [`Fault::ErrorMidStream`].
    Broken(Fault),
}

/// The engine has more waiting requests than it accepts.
#[derive(Debug)]
pub(super) struct QueueFull;

impl Generation {
    /// Waits for a seat; leaving while waiting counts as an abort too.
    pub async fn start(
        engine: Arc<MockEngine>,
        prompt_tokens: u64,
        answers: Vec<Arc<Answer>>,
        controls: &Controls,
    ) -> Result<Self, QueueFull> {
        let seat = take_seat(&engine).await?;
        add(&engine.metrics.running, 1);
        let options = &engine.options;
        let delay = |asked: Option<u64>, usual| Duration::from_millis(asked.unwrap_or(usual));
        let longest = answers.iter().map(|answer| answer.pieces.len()).max().unwrap_or(0);
        let strikes_at = |fault| {
            let usual = if fault == Fault::Hang { 0 } else { 2 };
            controls.fault_after_tokens.unwrap_or(usual).min(longest)
        };
        let engine_fault = match options.fault {
            Some(EngineFault::Hang) => Some((Fault::Hang, 0)),
            Some(EngineFault::CrashAtFirstToken) => Some((Fault::Crash, 0)),
            Some(EngineFault::CrashAtStart) | None => None,
        };
        Ok(Self {
            next_step_at: Instant::now() + delay(controls.first_token_delay_ms, options.first_token_delay_ms),
            token_delay: delay(controls.delay_ms_per_token, options.token_delay_ms),
            fault: engine_fault.or(controls.fault.map(|fault| (fault, strikes_at(fault)))),
            answers,
            prompt_tokens,
            completion_tokens: 0,
            step: 0,
            ended: false,
            _seat: seat,
            engine,
        })
    }

    pub fn prompt_tokens(&self) -> u64 {
        self.prompt_tokens
    }

    pub fn completion_tokens(&self) -> u64 {
        self.completion_tokens
    }

    /// The tokens of the next step, at the time they are due.
    pub async fn next(&mut self) -> Step {
        if let Some((fault, after)) = self.fault
            && self.step >= after
        {
            // What was generated before goes out first: a server writes when it has to wait.
            tokio::task::yield_now().await;
            match fault {
                Fault::Hang => std::future::pending().await,
                Fault::Crash => crash(),
                Fault::CutStream | Fault::ErrorMidStream => {
                    self.ended = true;
                    return Step::Broken(fault);
                }
                Fault::MissingUsage | Fault::Error500 | Fault::VllmFlatError | Fault::SlowLoad => {}
            }
        }
        if self.answers.iter().all(|answer| answer.pieces.len() <= self.step) {
            self.ended = true;
            return Step::End;
        }
        sleep_until(self.next_step_at).await;
        self.next_step_at += self.token_delay;
        Step::Tokens(self.generate())
    }

    fn generate(&mut self) -> Vec<Token> {
        let metrics = &self.engine.metrics;
        if self.step == 0 {
            add(&metrics.prompt_tokens, self.prompt_tokens);
        }
        let mut tokens = Vec::with_capacity(self.answers.len());
        for (choice, answer) in self.answers.iter().enumerate() {
            let Some(piece) = answer.pieces.get(self.step) else {
                continue;
            };
            let is_last = self.step + 1 == answer.pieces.len();
            let finish_reason = is_last.then_some(answer.finish_reason);
            if let Some(reason) = finish_reason {
                metrics.finished(reason);
            }
            tokens.push(Token {
                choice,
                text: piece.clone(),
                finish_reason,
            });
        }
        self.step += 1;
        self.completion_tokens += tokens.len() as u64;
        add(&metrics.generation_tokens, tokens.len() as u64);
        add(&metrics.iterations, 1);
        tokens
    }
}

/// Skipping destructors is the point, and nothing depends on this process.
#[allow(clippy::disallowed_methods)]
fn crash() -> ! {
    std::process::exit(CRASH_STATUS)
}

async fn take_seat(engine: &Arc<MockEngine>) -> Result<OwnedSemaphorePermit, QueueFull> {
    /// Counts a client that leaves the queue.
    struct Waiting<'a> {
        engine: &'a MockEngine,
        seated: bool,
        _gauge: Gauge<'a>,
    }
    impl Drop for Waiting<'_> {
        fn drop(&mut self) {
            if !self.seated {
                add(&self.engine.metrics.aborted, 1);
            }
        }
    }
    if let Ok(seat) = engine.seats.clone().try_acquire_owned() {
        return Ok(seat);
    }
    if engine.metrics.waiting.load(Ordering::Relaxed) >= MAX_WAITING {
        return Err(QueueFull);
    }
    let mut waiting = Waiting {
        engine,
        seated: false,
        _gauge: Gauge::raise(&engine.metrics.waiting),
    };
    let seat = engine.seats.clone().acquire_owned().await.map_err(|_| QueueFull)?;
    waiting.seated = true;
    Ok(seat)
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.engine.metrics.running.fetch_sub(1, Ordering::Relaxed);
        if !self.ended {
            add(&self.engine.metrics.aborted, 1);
        }
    }
}
