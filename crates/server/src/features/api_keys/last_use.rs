//! When keys were last used: gathered in memory, written every few seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ApiKeys;
use super::store;
use crate::error::Result;
use crate::plumbing::db::SystemReason;

const EVERY: Duration = Duration::from_secs(5);
/// Keys remembered between two writes; more are not noted this time.
const MOST_KEYS: usize = 50_000;

#[derive(Default)]
pub struct LastUse(Mutex<HashMap<Uuid, DateTime<Utc>>>);

impl LastUse {
    pub fn note(&self, key: Uuid, at: DateTime<Utc>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() < MOST_KEYS || used.contains_key(&key) {
            used.insert(key, at);
        }
    }

    fn take(&self) -> HashMap<Uuid, DateTime<Utc>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what was gathered until the program stops.
pub async fn keep_writing(keys: ApiKeys) {
    let mut stopping = false;
    while !stopping {
        tokio::select! {
            () = keys.core.shutdown.cancelled() => stopping = true,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = write(&keys).await {
            tracing::warn!(%error, "the time keys were last used could not be written");
        }
    }
}

async fn write(keys: &ApiKeys) -> Result<()> {
    let used = keys.last_use.take();
    if used.is_empty() {
        return Ok(());
    }
    let (ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = used.into_iter().unzip();
    let mut tx = keys.core.db.system(SystemReason::KeyUsage).await?;
    store::touch(&mut tx, &ids, &times).await?;
    tx.commit().await
}
