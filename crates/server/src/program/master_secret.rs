//! Where the installation's master secret comes from, and whether it is the one that its database belongs to.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;

use crate::clock::Clock;
use crate::features::audit;
use crate::plumbing::config::Config;
use crate::plumbing::db::installation::{self, Verdict};
use crate::plumbing::db::{Db, SystemReason};
use crate::plumbing::private_files;
use crate::secrets::MasterSecret;

/// How a secret is met that the database doesn't know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Refused.
    Known,
    /// Becomes the installation's: the operator says that the right one is lost.
    Anew,
}

const WAY_OUT: &str = "if it is lost for good, stop every server and run `inventiv audit seal`: then the installation goes on with a new one, \
     everybody signs in again, workers register again, authenticator apps and recovery codes have to be made anew";

/// The configured secret, else the one kept in the data directory. It is made there for a database that never had one.
///
/// # Errors
/// It is open to others and can't be mended, it is no secret, or it is not there although the database had one.
pub async fn read(
    config: &Config,
    data_dir: &Path,
    database: &PgConnectOptions,
    trust: Trust,
) -> anyhow::Result<MasterSecret> {
    if let Some(text) = &config.master_secret {
        return MasterSecret::parse(text).context("--master-secret must be 32 bytes in base64url");
    }
    let path = data_dir.join("master.secret");
    if !path.exists() {
        anyhow::ensure!(
            trust == Trust::Anew || !installation::is_in_use(database).await?,
            "the database was used with a master secret, and there is none in {}: restore the file from a backup, or give the secret by \
             --master-secret as the other servers have it; {WAY_OUT}",
            path.display()
        );
        make(data_dir, &path)?;
    }
    let text = private_files::read(&path).with_context(|| format!("reading {}", path.display()))?;
    MasterSecret::parse(&text).with_context(|| {
        format!(
            "{} does not hold a master secret; restore it from a backup",
            path.display()
        )
    })
}

/// A link appears whole or not at all: a crash in between never leaves half a secret.
fn make(data_dir: &Path, path: &Path) -> anyhow::Result<()> {
    let draft = data_dir.join(format!("master.secret.{}", std::process::id()));
    let mut file = private_files::options()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&draft)?;
    file.write_all(MasterSecret::generate().to_text().as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Compares with what the database knows. The first secret that a database meets is its own from then on, and seals the audit log
/// that is there; one of before check values adopts so, once.
///
/// # Errors
/// It is another installation's, or was made anew after the right one was lost.
pub async fn settle(db: &Db, clock: &Clock, trust: Trust) -> anyhow::Result<()> {
    let mut tx = db.system(SystemReason::Bootstrap).await?;
    match installation::judge(&mut tx).await? {
        Verdict::Same => return Ok(()),
        Verdict::Adopted => audit::seal_all(&mut tx, clock.now()).await?,
        // The command looks at the log before it seals.
        Verdict::Another if trust == Trust::Anew => return Ok(()),
        Verdict::Another => anyhow::bail!(
            "this master secret is not the one that the database was used with: give the right one (the file master.secret in the data \
             directory, or --master-secret), as in a backup or on another server of this database; {WAY_OUT}"
        ),
    }
    tx.commit().await?;
    Ok(())
}

/// Makes the secret of this process the installation's and seals the audit log with it.
///
/// # Errors
/// The database fails.
pub async fn replace(db: &Db, clock: &Clock) -> anyhow::Result<()> {
    let mut tx = db.system(SystemReason::Bootstrap).await?;
    installation::accept(&mut tx).await?;
    audit::seal_all(&mut tx, clock.now()).await?;
    let act = audit::Act::new("audit_log.seal", "audit_log", crate::ids::PLATFORM);
    audit::record_system(&mut tx, crate::ids::PLATFORM, clock.now(), act).await?;
    tx.commit().await?;
    Ok(())
}
