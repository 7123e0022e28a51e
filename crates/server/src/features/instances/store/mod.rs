//! SQL of `instances`, `instance_state_history`, `cloud_operations` and `instance_cost_segments`.

pub mod costs;
pub mod instances;
pub mod lease;
pub mod offers;
pub mod operations;
pub mod reports;
pub mod transitions;
pub mod visits;

use crate::error::{Error, Result};

/// A text of the database as the Rust enum that mirrors its CHECK.
fn mirrored<T>(parsed: Option<T>, column: &str, text: &str) -> Result<T> {
    parsed.ok_or_else(|| {
        Error::internal(anyhow::anyhow!(
            "{column} holds {text:?}, which this program does not know"
        ))
    })
}
