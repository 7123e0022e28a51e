//! `inventiv demo`

use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::telemetry;
use inventiv_server::program::demo::{Demo, prepare};
use inventiv_server::serve::{demo_data_dir, start};

use super::serve::{StopSignals, greet};
use crate::console;

pub async fn run(mut config: Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config)?;
    if config.data_dir.is_none() {
        // Not the usual data directory: sample data would mix with an installation's own.
        config.data_dir = Some(demo_data_dir()?);
    }
    let stop = StopSignals::new()?;
    let running = start(config, console::file).await?;
    match prepare(&running.program).await {
        Ok(demo) => {
            greet(&running);
            introduce(&demo);
        }
        Err(error) => {
            running.stop().await;
            return Err(error);
        }
    }
    stop.then_stop(running).await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn introduce(demo: &Demo) {
    println!("This is a demo: the people, their usage and the servers of the Mock cloud are made up.");
    for organization in &demo.organizations {
        println!("  {}", organization.name);
        for account in &organization.accounts {
            println!("    {:<8} {}", account.role.as_str(), account.email);
        }
        match &organization.api_key {
            Some(key) => println!("    API key  {key}  (shown only now)"),
            None => println!("    API key  as shown at the first start"),
        }
    }
    println!("  Password of these accounts: {}", demo.password);
    println!("  Their model mock/echo answers as soon as its instance is ready.");
}
