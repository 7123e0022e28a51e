//! `inventiv migrate`

use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::telemetry;
use inventiv_server::serve::open;

/// Opening migrates; there is nothing else to do.
#[expect(clippy::print_stdout, reason = "this is what the command prints")]
pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config)?;
    open(config).await?.close().await;
    println!("The database is at this version's schema.");
    Ok(())
}
