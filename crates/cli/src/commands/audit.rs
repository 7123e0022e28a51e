//! `inventiv audit`

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use inventiv_server::features::audit::{self, Fault, Head};
use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::db::SystemReason;
use inventiv_server::plumbing::telemetry;
use inventiv_server::program::master_secret::{self, Trust};
use inventiv_server::serve::{Opened, open, open_with};

#[derive(Subcommand)]
pub enum Audit {
    /// Check that nobody altered the audit log; fails and says where when somebody did
    Verify(Verify),
    /// Print where every chain of the audit log ends, to keep elsewhere and give back to `verify --expect`
    Head(Box<Config>),
    /// Seal the audit log with the present master secret, when the one before is lost for good
    Seal(Box<Config>),
}

#[derive(Args)]
pub struct Verify {
    /// What `inventiv audit head` printed once (`-`: standard input): each of its entries must still be there
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,

    #[command(flatten, next_help_heading = "Settings of the installation")]
    config: Box<Config>,
}

pub async fn run(command: Audit) -> anyhow::Result<()> {
    match command {
        Audit::Verify(arguments) => {
            telemetry::start_logging(&arguments.config)?;
            let kept = arguments.expect.as_deref().map(read_heads).transpose()?;
            let opened = open(*arguments.config).await?;
            let faults = verify(&opened, &kept.unwrap_or_default()).await;
            opened.close().await;
            report(&faults?)
        }
        Audit::Head(config) => {
            telemetry::start_logging(&config)?;
            let opened = open(*config).await?;
            let heads = heads(&opened).await;
            opened.close().await;
            print_heads(&heads?);
            Ok(())
        }
        Audit::Seal(config) => {
            telemetry::start_logging(&config)?;
            let opened = open_with(*config, Trust::Anew).await?;
            let outcome = seal(&opened).await;
            opened.close().await;
            outcome
        }
    }
}

async fn verify(opened: &Opened, kept: &[Head]) -> anyhow::Result<Vec<Fault>> {
    let db = &opened.program.core.db;
    let mut tx = db.system_snapshot(SystemReason::OperatorCommand).await?;
    Ok(audit::verify(&mut tx, kept).await?)
}

async fn heads(opened: &Opened) -> anyhow::Result<Vec<Head>> {
    let db = &opened.program.core.db;
    let mut tx = db.system_snapshot(SystemReason::OperatorCommand).await?;
    Ok(audit::heads(&mut tx).await?)
}

/// # Errors
/// The chains don't even fit together: sealed, they would look as if they did.
#[expect(clippy::print_stdout, reason = "this is what the command prints")]
async fn seal(opened: &Opened) -> anyhow::Result<()> {
    let core = &opened.program.core;
    let mut tx = core.db.system_snapshot(SystemReason::OperatorCommand).await?;
    let faults = audit::verify_unsealed(&mut tx).await?;
    drop(tx);
    if !faults.is_empty() {
        return report(&faults);
    }
    master_secret::replace(&core.db, &core.clock).await?;
    println!("The audit log fits together and is sealed. From now on the installation has this master secret.");
    Ok(())
}

/// The heads in a file, a line each.
fn read_heads(path: &Path) -> anyhow::Result<Vec<Head>> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    }
    .with_context(|| format!("reading {}", path.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let heads: Vec<Head> = lines
        .map(|(index, line)| {
            Head::parse(line).with_context(|| {
                format!(
                    "{}, line {}: not a line of `inventiv audit head`",
                    path.display(),
                    index + 1
                )
            })
        })
        .collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!heads.is_empty(), "{} holds no heads", path.display());
    Ok(heads)
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn print_heads(heads: &[Head]) {
    println!("# Heads of the audit log: chain, entries, hash of the last");
    for head in heads {
        println!("{head}");
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn report(faults: &[Fault]) -> anyhow::Result<()> {
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
