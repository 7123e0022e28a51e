//! `inventiv audit`

use clap::Subcommand;
use inventiv_server::features::audit;
use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::db::SystemReason;
use inventiv_server::plumbing::telemetry;
use inventiv_server::serve::{Opened, open};

#[derive(Subcommand)]
pub enum Audit {
    /// Check that nobody altered the audit log; fails and says where when somebody did
    Verify(Box<Config>),
}

pub async fn run(command: Audit) -> anyhow::Result<()> {
    let Audit::Verify(config) = command;
    telemetry::start_logging(&config)?;
    let opened = open(*config).await?;
    let faults = verify(&opened).await;
    opened.close().await;
    report(&faults?)
}

async fn verify(opened: &Opened) -> anyhow::Result<Vec<audit::Fault>> {
    let mut tx = opened.program.core.db.system(SystemReason::OperatorCommand).await?;
    Ok(audit::verify(&mut tx).await?)
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn report(faults: &[audit::Fault]) -> anyhow::Result<()> {
    for fault in faults {
        println!("chain {}, entry {}: {}", fault.tenant, fault.sequence, fault.what);
    }
    let count = faults.len();
    anyhow::ensure!(
        count == 0,
        "the audit log is not as it was written: {count} fault{}",
        if count == 1 { "" } else { "s" }
    );
    println!("The audit log is as it was written.");
    Ok(())
}
