//! One file per command.

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
    /// Print the OpenAPI document
    Openapi,
}

/// The process's arguments, with the settings of a configuration file put where the command takes them.
pub fn arguments() -> anyhow::Result<Vec<OsString>> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match arguments.get(1).and_then(|command| command.to_str()) {
        Some(command @ ("serve" | "demo" | "migrate" | "admin" | "audit")) => {
            let command = command.to_owned();
            arguments_with_file(arguments, &command)
        }
        _ => Ok(arguments),
    }
}

pub async fn run(line: CommandLine) -> anyhow::Result<()> {
    match line.command {
        Command::Serve(config) => serve::run(*config).await,
        Command::Openapi => openapi::run(),
    }
}
