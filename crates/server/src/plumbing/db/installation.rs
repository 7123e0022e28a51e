//! What the database knows of the master secret: a check value, by which a lost or mistaken one is told at the start instead of
//! making what was derived from the right one worthless, one thing after the other.

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::SystemTx;
use crate::error::Result;
use crate::secrets::{MasterSecret, equal};

/// What the database says to a master secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It knew none; this is its secret from now on.
    Adopted,
    Same,
    Another,
}

/// Reveals nothing of the secret.
fn check_value(master: &MasterSecret) -> [u8; 32] {
    master.derive("installation.secret_check", b"")
}

/// Was the database ever used with a master secret? Then a new one can't be right.
///
/// # Errors
/// The database can't be read.
pub async fn is_in_use(options: &PgConnectOptions) -> anyhow::Result<bool> {
    let mut connection = options.connect().await.context("connecting to the database")?;
    let in_use = sqlx::query_scalar("SELECT was_in_use OR secret_check IS NOT NULL FROM installation")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(in_use)
}

/// Compares, and adopts the first one. Starts that happen together take turns.
pub async fn judge(tx: &mut SystemTx) -> Result<Verdict> {
    let expected = check_value(&tx.master());
    let known = sqlx::query_scalar!("SELECT secret_check FROM installation FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    match known {
        Some(known) if equal(&known, &expected) => Ok(Verdict::Same),
        Some(_) => Ok(Verdict::Another),
        None => {
            accept(tx).await?;
            Ok(Verdict::Adopted)
        }
    }
}

/// Makes the secret of this process the one of the installation, whatever it was before.
pub async fn accept(tx: &mut SystemTx) -> Result<()> {
    let check = check_value(&tx.master());
    sqlx::query!("UPDATE installation SET secret_check = $1", &check[..])
        .execute(tx.conn())
        .await?;
    Ok(())
}
