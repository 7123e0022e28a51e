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
use crate::plumbing::db::SystemTx;

/// Makes changes of the catalogue take turns, first of all in the transaction: they are rare, and each builds on what it saw.
pub async fn take_turns(tx: &mut SystemTx) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('inventiv.catalog', 0))")
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

fn code_taken(error: sqlx::Error, constraint: &str) -> Error {
    if Error::violates(&error, constraint) {
        Error::invalid("code", FieldCode::Taken, "is taken")
    } else {
        error.into()
    }
}
