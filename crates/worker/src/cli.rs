//! The command line. Every flag has an environment variable; secrets have no flag, because anybody on the machine can read
//! the arguments of a process.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::Resettable;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::mock_engine::MockEngineOptions;

/// Environment variable with the one-time token, unless it is read from a file.
pub const BOOTSTRAP_TOKEN_VARIABLE: &str = "INVENTIV_WORKER_BOOTSTRAP_TOKEN";

/// Runs an inference engine on this machine for an Inventiv server.
#[derive(Debug, Parser)]
#[command(name = "inventiv-worker", version)]
pub struct Cli {
    #[command(flatten)]
    pub log: LogOptions,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What the process was asked for; help, and a mistake among the arguments, end it. An empty variable counts as not set.
    pub fn of_process() -> Self {
        let matches = without_empty_variables(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

#[expect(clippy::disallowed_methods, reason = "settings are read here")]
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |variable: &OsStr| std::env::var_os(variable).is_some_and(|value| value.is_empty());
    command
        .mut_args(|option| match option.get_env().is_some_and(is_empty) {
            true => option.env(Resettable::Reset),
            false => option,
        })
        .mut_subcommands(without_empty_variables)
}

#[derive(Debug, Clone, Args)]
pub struct LogOptions {
    /// How log lines look; they go to the standard error.
    #[arg(long, env = "INVENTIV_WORKER_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,
    /// What is logged: a level or a list of `target=level`.
    #[arg(long, env = "INVENTIV_WORKER_LOG", default_value = "info", global = true)]
    pub log_level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register with the server, start the engine it assigns, serve until told to stop.
    ///
    /// The one-time token is read from the environment variable INVENTIV_WORKER_BOOTSTRAP_TOKEN or from a file. Exit
    /// status: 0 told to stop, 1 failed, 3 refused by the server, 4 server out of reach for too long.
    Run(Box<RunOptions>),
    /// Run the built-in mock engine.
    MockEngine(MockEngineOptions),
}

#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// Base address of the server.
    #[arg(long, env = "INVENTIV_WORKER_CONTROL_PLANE_URL", value_name = "URL")]
    pub control_plane_url: String,
    /// Address the gateway's requests are accepted on; port 0 takes a free one.
    #[arg(long, env = "INVENTIV_WORKER_LISTEN", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Address told to the server, when it differs from the one listened on.
    #[arg(long, env = "INVENTIV_WORKER_ADVERTISE", value_name = "HOST:PORT")]
    pub advertise: Option<String>,
    /// File with the one-time token; it wins over the environment variable.
    #[arg(long, env = "INVENTIV_WORKER_BOOTSTRAP_TOKEN_FILE", value_name = "FILE")]
    pub bootstrap_token_file: Option<PathBuf>,
    /// Stop the engine and exit when the server was out of reach and nothing was served for so many seconds. Without it
    /// the worker goes on for ever.
    #[arg(long, env = "INVENTIV_WORKER_EXIT_WHEN_ORPHANED_FOR", value_name = "SECONDS", value_parser = seconds)]
    pub exit_when_orphaned_for: Option<Duration>,
    /// Longest wait for running requests after SIGTERM, in seconds.
    #[arg(long, env = "INVENTIV_WORKER_DRAIN_TIMEOUT", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub drain_timeout: Duration,
    #[command(flatten)]
    pub engine: EngineOptions,
}

#[derive(Debug, Clone, Args)]
pub struct EngineOptions {
    /// Run the built-in mock engine in place of whichever engine is assigned: for machines that only stand in for a GPU server.
    #[arg(long, env = "INVENTIV_WORKER_SIMULATE_ENGINES")]
    pub simulate_engines: bool,
    /// The program `vllm`.
    #[arg(long, env = "INVENTIV_WORKER_VLLM", value_name = "PROGRAM", default_value = "vllm")]
    pub vllm: PathBuf,
    /// The program `llama-server`.
    #[arg(
        long,
        env = "INVENTIV_WORKER_LLAMA_SERVER",
        value_name = "PROGRAM",
        default_value = "llama-server"
    )]
    pub llama_server: PathBuf,
    /// Seconds between two probes of a ready engine; a starting one is probed at least twice a second.
    #[arg(long, env = "INVENTIV_WORKER_PROBE_INTERVAL", value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub probe_interval: Duration,
    /// An engine that has work and makes no progress for so many seconds is degraded; an idle one has to generate a token
    /// at twice this interval, within this time.
    #[arg(long, env = "INVENTIV_WORKER_STALL_AFTER", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub stall_after: Duration,
    /// A degraded engine that does not recover for so many seconds is killed and started again.
    #[arg(long, env = "INVENTIV_WORKER_RESTART_DEGRADED_AFTER", value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub restart_degraded_after: Duration,
    /// An engine that is not ready after so many seconds is killed and started again.
    #[arg(long, env = "INVENTIV_WORKER_START_TIMEOUT", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub start_timeout: Duration,
    /// Pause before the first restart of a crashed engine, in seconds; it doubles up to half a minute.
    #[arg(long, env = "INVENTIV_WORKER_RESTART_DELAY", value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub restart_delay: Duration,
    /// Seconds between the request to end and the kill.
    #[arg(long, env = "INVENTIV_WORKER_STOP_GRACE", value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub stop_grace: Duration,
}

/// Seconds, with a fraction if wanted, at most a week.
fn seconds(text: &str) -> Result<Duration, String> {
    const WEEK: f64 = 7.0 * 24.0 * 3600.0;
    match text.parse::<f64>() {
        Ok(value) if (0.001..=WEEK).contains(&value) => Ok(Duration::from_secs_f64(value)),
        _ => Err(format!("a number of seconds between 0.001 and {WEEK} is wanted")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_flag_has_an_environment_variable_of_ours_and_none_takes_a_secret() {
        let mut command = Cli::command();
        command.build();
        for sub in std::iter::once(&command).chain(command.get_subcommands().filter(|sub| sub.get_name() != "help")) {
            for argument in sub
                .get_arguments()
                .filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
            {
                let variable = argument
                    .get_env()
                    .unwrap_or_else(|| panic!("{}", argument.get_id()))
                    .to_string_lossy();
                assert!(variable.starts_with("INVENTIV_WORKER_"), "{variable}");
                assert_ne!(variable, BOOTSTRAP_TOKEN_VARIABLE);
            }
        }
    }

    #[test]
    fn seconds_have_bounds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "-1", "nan", "inf", "1e9", "five"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
