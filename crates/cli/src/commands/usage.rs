//! `inventiv usage`

use std::path::Path;

use clap::Subcommand;
use inventiv_server::features::usage::{Refused, RefusedEvent, Retried, journal_of, retry_refused};
use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::telemetry;
use inventiv_server::serve::{data_dir, open};

#[derive(Subcommand)]
pub enum Usage {
    /// Show the usage that the database refused, and why
    Refused(Box<Config>),
    /// Have the database take the refused usage; fails while it refuses any of it
    Retry(Box<Config>),
}

pub async fn run(command: Usage) -> anyhow::Result<()> {
    match command {
        Usage::Refused(config) => {
            telemetry::start_logging(&config)?;
            show(&of(&data_dir(&config)?).list()?);
            Ok(())
        }
        Usage::Retry(config) => {
            telemetry::start_logging(&config)?;
            let refused = of(&data_dir(&config)?);
            if refused.list()?.is_empty() {
                return report(&Retried::default());
            }
            let opened = open(*config).await?;
            let retried = retry_refused(&opened.program.core.db, &refused).await;
            opened.close().await;
            report(&retried?)
        }
    }
}

fn of(data_dir: &Path) -> Refused {
    Refused::new(&journal_of(data_dir))
}

/// A line each: enough to find the request and the reason; the file has the rest.
#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn show(refused: &[RefusedEvent]) {
    if refused.is_empty() {
        println!("The database has refused no usage.");
    }
    for RefusedEvent {
        refused_at,
        reason,
        event,
        ..
    } in refused
    {
        println!(
            "{} request {} of {}, model {}, {} EUR: {reason}",
            refused_at.to_rfc3339(),
            event.request_id,
            event.consumer_tenant,
            event.model_name,
            event.charge_eur.normalize(),
        );
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn report(retried: &Retried) -> anyhow::Result<()> {
    if retried.written > 0 {
        println!("{} taken by the database.", retried.written);
    }
    if retried.written == 0 || !retried.refused.is_empty() {
        show(&retried.refused);
    }
    let count = retried.refused.len();
    anyhow::ensure!(
        count == 0,
        "the database still refuses usage: {count} of its events stay in the file"
    );
    Ok(())
}
