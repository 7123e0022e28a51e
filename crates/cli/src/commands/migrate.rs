//! `inventiv migrate`

use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::telemetry;
use inventiv_server::serve::migrate;

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config)?;
    migrate(config).await?;
    println!("The database is at this version's schema.");
    Ok(())
}
