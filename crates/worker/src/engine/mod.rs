//! What every engine has to be able to do, and the drivers of the three that are known.
//!
//! A driver turns a specification into a command line, reads the meaning of health answers, and translates metrics. The
//! three functions that decide are pure; what talks to the engine is written once, in the trait.

mod first_token;
mod liveness;
mod llama_cpp;
mod mock;
mod process;
mod prometheus;
mod vllm;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use serde::Deserialize;
use worker_protocol::{Engine, EngineReport};

use self::prometheus::{Samples, whole};
use crate::cli::EngineOptions;
use crate::ledger::{Counters, Generated};
use crate::loopback::{CallError, EngineHttp};

pub use self::first_token::generate_first_token;
pub use self::liveness::{Liveness, Verdict};
pub use self::llama_cpp::LlamaCpp;
pub use self::mock::Mock;
pub use self::process::{EngineProcess, Spawner};
pub use self::vllm::Vllm;

/// Longest wait for an answer of a probe or a scrape.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// What to run.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineSpec {
    /// Name under which the engine lists the model.
    pub model_id: String,
    pub arguments: Vec<String>,
    /// Tokens.
    pub context_length: u32,
    /// Loopback address the engine listens on.
    pub address: SocketAddr,
}

/// How to run it.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Variables to set, or to take away (`None`), on top of the worker's own environment.
    pub environment: Vec<(&'static str, Option<&'static str>)>,
}

/// Why there is no way to run it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LaunchError {
    /// The worker alone decides where the engine listens, under which name and behind which key.
    #[error("the engine argument {0} is not allowed")]
    ArgumentRefused(String),
}

/// What came back from the health endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthAnswer {
    /// Nothing listens.
    Refused,
    /// No answer, or a broken one.
    NoAnswer,
    Status(StatusCode),
}

/// What it means, engine by engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Starting,
    Loading,
    Ok,
    Degraded,
    /// Only a restart helps.
    Dead,
}

/// Health and models together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The port does not answer yet.
    Starting,
    /// It answers, the model is not there yet.
    Loading,
    Ready {
        models: Vec<String>,
        /// Tokens, when the engine says.
        max_model_len: Option<u32>,
    },
    Degraded {
        message: String,
    },
    Dead {
        message: String,
    },
}

/// One reading of the metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrape {
    pub report: EngineReport,
    /// A number that rises whenever the engine does any work.
    pub progress: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the metrics endpoint answered {0}")]
    Status(StatusCode),
    #[error("the metrics do not contain {0}")]
    Missing(&'static str),
}

/// One kind of engine.
#[async_trait]
pub trait EngineDriver: Send + Sync {
    /// For people.
    fn name(&self) -> &'static str;

    /// The command line and environment. Pure.
    fn launch(&self, spec: &EngineSpec) -> Result<Launch, LaunchError>;

    /// What an answer of `/health` means for this engine. Pure.
    fn health(&self, answer: HealthAnswer) -> Health;

    /// Translates the text of `/metrics`. Pure.
    fn read_metrics(&self, text: &str) -> Result<Scrape, ScrapeError>;

    /// Asks the engine how it is, and for its models when it is well.
    async fn probe(&self, http: &EngineHttp) -> Probe {
        let answer = match http.get("/health", PROBE_TIMEOUT).await {
            Ok(answer) => HealthAnswer::Status(answer.status),
            Err(CallError::Refused) => HealthAnswer::Refused,
            Err(CallError::TimedOut | CallError::Broken) => HealthAnswer::NoAnswer,
        };
        match self.health(answer) {
            Health::Starting => Probe::Starting,
            Health::Loading => Probe::Loading,
            Health::Degraded => Probe::Degraded {
                message: format!("health: {}", describe(answer)),
            },
            Health::Dead => Probe::Dead {
                message: format!("health: {}", describe(answer)),
            },
            Health::Ok => match http.get("/v1/models", PROBE_TIMEOUT).await {
                Ok(answer) if answer.status == StatusCode::OK => read_models(&answer.body),
                Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => Probe::Loading,
                Ok(answer) => Probe::Degraded {
                    message: format!("the list of models answered {}", answer.status),
                },
                Err(error) => Probe::Degraded {
                    message: format!("the list of models: {error}"),
                },
            },
        }
    }

    /// The engine's own numbers. An error means unknown, never idle.
    async fn scrape(&self, http: &EngineHttp) -> Result<Scrape, ScrapeError> {
        let answer = http.get("/metrics", PROBE_TIMEOUT).await?;
        if answer.status != StatusCode::OK {
            return Err(ScrapeError::Status(answer.status));
        }
        self.read_metrics(&String::from_utf8_lossy(&answer.body))
    }

    /// Asks the process to end, and ends it after `grace`.
    async fn stop(&self, process: &mut EngineProcess, grace: Duration) -> Option<ExitStatus> {
        process.stop(grace).await
    }
}

/// The driver for what the server assigned.
pub fn driver(engine: Engine, options: &EngineOptions) -> std::io::Result<Box<dyn EngineDriver>> {
    Ok(match engine {
        Engine::Mock => Box::new(Mock::this_program()?),
        Engine::Vllm | Engine::LlamaCpp if options.simulate_engines => Box::new(Mock::in_place_of_another()?),
        Engine::Vllm => Box::new(Vllm {
            program: options.vllm.clone(),
        }),
        Engine::LlamaCpp => Box::new(LlamaCpp {
            program: options.llama_server.clone(),
        }),
    })
}

/// The token counters of whichever engine it is, read now. `None` is unknown.
pub async fn read_counters(http: &EngineHttp) -> Option<Counters> {
    let answer = http.get("/metrics", PROBE_TIMEOUT).await.ok()?;
    counters(&String::from_utf8_lossy(&answer.body))
}

fn counters(text: &str) -> Option<Counters> {
    let samples = Samples::new(text);
    let sum = |names: &[&str]| samples.sum(names).map(whole);
    if let Some(generated) = sum(&["vllm:generation_tokens_total", "vllm:generation_tokens"]) {
        return Some(Counters {
            prompt_tokens: sum(&["vllm:prompt_tokens_total", "vllm:prompt_tokens"])?,
            generated: Generated::Tokens(generated),
        });
    }
    // llama.cpp's token counters move only when a request ends.
    Some(Counters {
        prompt_tokens: sum(&["llamacpp:prompt_tokens_total"])?,
        generated: Generated::Steps(sum(&["llamacpp:n_decode_total"])?),
    })
}

fn describe(answer: HealthAnswer) -> String {
    match answer {
        HealthAnswer::Refused => "the port does not answer".to_owned(),
        HealthAnswer::NoAnswer => "no answer in time".to_owned(),
        HealthAnswer::Status(status) => format!("answered {status}"),
    }
}

fn read_models(body: &[u8]) -> Probe {
    #[derive(Deserialize)]
    struct List {
        data: Vec<Model>,
    }
    #[derive(Deserialize)]
    struct Model {
        id: String,
        #[serde(default)]
        max_model_len: Option<u32>,
        /// llama.cpp's place for it.
        #[serde(default)]
        meta: Option<Meta>,
    }
    #[derive(Deserialize)]
    struct Meta {
        #[serde(default)]
        n_ctx_train: Option<u32>,
    }
    let Ok(List { data }) = serde_json::from_slice(body) else {
        return Probe::Degraded {
            message: "the list of models cannot be read".to_owned(),
        };
    };
    let max_model_len = data.iter().find_map(|model| {
        model
            .max_model_len
            .or(model.meta.as_ref().and_then(|meta| meta.n_ctx_train))
    });
    Probe::Ready {
        models: data.into_iter().map(|model| model.id).collect(),
        max_model_len,
    }
}

/// Refuses arguments that only the worker may give. `reserved` are long or short names with their dashes; `--name=value`
/// and underscores instead of dashes are recognised.
fn refuse_reserved(arguments: &[String], reserved: &[&str]) -> Result<(), LaunchError> {
    for argument in arguments.iter().filter(|argument| argument.starts_with('-')) {
        let name = argument
            .split('=')
            .next()
            .unwrap_or(argument)
            .replace('_', "-")
            .to_ascii_lowercase();
        if reserved.contains(&name.as_str()) {
            return Err(LaunchError::ArgumentRefused(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_models_of_both_engines_are_read() {
        let ready = |max_model_len| Probe::Ready {
            models: vec!["m".to_owned()],
            max_model_len,
        };
        let list = |member: &str| format!(r#"{{"object":"list","data":[{{"id":"m"{member}}}]}}"#);
        assert_eq!(
            read_models(list(r#","max_model_len":4096"#).as_bytes()),
            ready(Some(4096))
        );
        assert_eq!(
            read_models(list(r#","meta":{"n_ctx_train":2048}"#).as_bytes()),
            ready(Some(2048))
        );
        assert_eq!(read_models(list(r#","meta":null"#).as_bytes()), ready(None));
        assert!(matches!(read_models(b"<html>"), Probe::Degraded { .. }));
    }

    #[test]
    fn the_counters_of_both_engines_are_read() {
        let vllm =
            counters("vllm:prompt_tokens_total{engine=\"0\"} 7.0\nvllm:generation_tokens_total{engine=\"0\"} 9.0\n")
                .unwrap();
        assert_eq!((vllm.prompt_tokens, vllm.generated), (7, Generated::Tokens(9)));
        let llama = counters("llamacpp:prompt_tokens_total 3\nllamacpp:n_decode_total 5\n").unwrap();
        assert_eq!((llama.prompt_tokens, llama.generated), (3, Generated::Steps(5)));
        assert_eq!(counters("up 1\n"), None);
    }

    #[test]
    fn reserved_arguments_are_found_in_every_spelling() {
        let check = |argument: &str| refuse_reserved(&[argument.to_owned()], &["--api-key", "-m"]);
        for wrong in ["--api-key", "--api_key=x", "--API-KEY", "-m"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        for fine in ["--api-keys-other", "api-key", "--max-num-seqs=4", "-ngl"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
    }
}
