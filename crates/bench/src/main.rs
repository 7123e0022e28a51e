//! `cargo xtask bench`: what the gateway costs, as ratios to plain nginx in front of the same upstream in the same run.
//!
//! - [`upstream`]: an engine that costs next to nothing; the same program is the worker that the Mock cloud starts.
//! - [`installation`], [`nginx`]: the two that are compared.
//! - [`load`]: requests at saturation, at a fixed rate, and streams. Bounded in time and count, on loopback only.
//! - [`processes`]: processor time and memory of what runs.
//! - [`comparison`]: which measurements are made and what they are compared with.

#![expect(clippy::disallowed_methods, reason = "tasks and clients are what this measures with")]

mod comparison;
mod installation;
mod load;
mod nginx;
mod processes;
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "inventiv-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure the gateway against nginx.
    Compare(CompareOptions),
    /// Stand in for `inventiv-worker`; the Mock cloud calls this.
    Run(WorkerOptions),
}

#[derive(clap::Args)]
pub struct CompareOptions {
    /// Directory with the program `inventiv`.
    #[arg(long)]
    programs: PathBuf,
    /// The program `nginx`.
    #[arg(long, default_value = "nginx")]
    nginx: PathBuf,
    /// Requests of one round at saturation.
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// Rounds of each measurement, the two alternating; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// What a worker is called with, as far as it matters here.
#[derive(clap::Args)]
pub struct WorkerOptions {
    #[arg(long)]
    control_plane_url: String,
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    exit_when_orphaned_for: Option<u64>,
    #[arg(long)]
    simulate_engines: bool,
}

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match Cli::parse().command {
        Command::Compare(options) => runtime.block_on(comparison::compare(&options)),
        Command::Run(options) => runtime.block_on(upstream::run(&options)),
    }
}
