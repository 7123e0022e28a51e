//! One file per command.

mod admin;
mod audit;
mod demo;
mod migrate;
mod openapi;
mod serve;

use std::ffi::OsString;

use clap::{Parser, Subcommand};
use inventiv_server::plumbing::config::{Config, arguments_with_file};

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
    /// Print the OpenAPI document
    Openapi,
}

/// The process's arguments, with the settings of a configuration file put where the command takes them.
pub fn arguments() -> anyhow::Result<Vec<OsString>> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let word = |position: usize| arguments.get(position).and_then(|word| word.to_str());
    // The settings belong to the innermost command.
    let command = match word(1) {
        Some(command @ ("serve" | "demo" | "migrate")) => Some(command),
        Some("admin" | "audit") => word(2).filter(|command| !command.starts_with('-')),
        _ => None,
    };
    match command.map(str::to_owned) {
        Some(command) => arguments_with_file(arguments, &command),
        None => Ok(arguments),
    }
}

pub async fn run(line: CommandLine) -> anyhow::Result<()> {
    match line.command {
        Command::Serve(config) => serve::run(*config).await,
        Command::Demo(config) => demo::run(*config).await,
        Command::Migrate(config) => migrate::run(*config).await,
        Command::Admin(command) => admin::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Openapi => openapi::run(),
    }
}
