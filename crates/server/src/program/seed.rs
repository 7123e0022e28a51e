//! What an installation has from its first start on: the Mock cloud and the public models.

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::features::{catalog, models};
use crate::plumbing::db::{Db, SystemReason};

/// Adds what is missing. Safe to run at every start and from several replicas at once; never undoes what an admin changed.
pub async fn run(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.system(SystemReason::CatalogSeed).await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('inventiv.seed', 0))")
        .execute(tx.conn())
        .await?;
    catalog::seed(&mut tx, now).await?;
    models::seed(&mut tx, now).await?;
    tx.commit().await
}
