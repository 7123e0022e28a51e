//! SQL of the catalogue. Everybody reads all of it, so queries name no tenant; only the platform's transaction writes. What both
//! kinds of transaction read takes a connection of either.
//!
//! Ids sort by the time they were made in, so they alone order a list.

mod instance_types;
mod places;

pub use self::instance_types::*;
pub use self::places::*;
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::plumbing::db::{SystemTx, TenantTx};
use crate::plumbing::edge::paging::Paging;

/// Makes changes of the catalogue take turns, first of all in the transaction: they are rare, and each builds on what it saw.
pub async fn take_turns(tx: &mut SystemTx) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('inventiv.catalog', 0))")
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// How many rows a search matches, cursor and limit aside: providers, regions, zones, instance types.
pub async fn totals(tx: &mut TenantTx, paging: &Paging) -> Result<[i64; 4]> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM providers WHERE name ILIKE $1 OR code ILIKE $1) AS "providers!",
                  (SELECT count(*) FROM regions WHERE name ILIKE $1 OR code ILIKE $1) AS "regions!",
                  (SELECT count(*) FROM zones WHERE name ILIKE $1 OR code ILIKE $1) AS "zones!",
                  (SELECT count(*) FROM instance_types WHERE name ILIKE $1 OR code ILIKE $1) AS "instance_types!""#,
        paging.pattern,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok([row.providers, row.regions, row.zones, row.instance_types])
}

fn code_taken(error: sqlx::Error, constraint: &str) -> Error {
    if Error::violates(&error, constraint) {
        Error::invalid("code", FieldCode::Taken, "is taken")
    } else {
        error.into()
    }
}
