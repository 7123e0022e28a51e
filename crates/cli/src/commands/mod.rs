//! One file per command.

mod admin;
mod audit;
mod demo;
mod migrate;
mod openapi;
mod serve;
mod usage;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use inventiv_server::plumbing::config::{self, Config};

/// Open language models on your own GPU servers, behind one OpenAI-compatible API
#[derive(Parser)]
#[command(name = "inventiv", version)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the console, the API and the gateway
    Serve(Box<Config>),
    /// Serve with sample data, in a data directory of its own
    Demo(Box<Config>),
    /// Bring the database to this version's schema
    Migrate(Box<Config>),
    /// Make accounts, reset passwords, appoint platform admins
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Check the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Show and retry the usage that the database refused
    #[command(subcommand)]
    Usage(usage::Usage),
    /// Print the OpenAPI document
    Openapi,
}

/// What the process was asked for. Help, and a mistake among the arguments, end the process with clap's own words.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is handed to the settings here"
)]
pub fn line() -> anyhow::Result<CommandLine> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let matches = config::parse(CommandLine::command(), &arguments, &|variable| {
        std::env::var_os(variable)
    })?;
    let matches = matches.unwrap_or_else(|error| error.exit());
    Ok(CommandLine::from_arg_matches(&matches)?)
}

pub async fn run(line: CommandLine) -> anyhow::Result<()> {
    match line.command {
        Command::Serve(config) => serve::run(*config).await,
        Command::Demo(config) => demo::run(*config).await,
        Command::Migrate(config) => migrate::run(*config).await,
        Command::Admin(command) => admin::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Usage(command) => usage::run(command).await,
        Command::Openapi => openapi::run(),
    }
}
