//! When keys were last used: gathered in memory, written every few seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ApiKeys;
use super::store;
use crate::error::Result;
use crate::plumbing::background::{Rhythm, Round, Task};
use crate::plumbing::config::ServerRole::{Api, Gateway};
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

/// Writes what was gathered.
pub fn task(keys: ApiKeys) -> Task {
    let rhythm = Rhythm::every(EVERY).once_more_at_the_end();
    Task::rounds("key_last_use", &[Api, Gateway], rhythm, move |_| write(keys.clone()))
}

async fn write(keys: ApiKeys) -> Result<Round> {
    let used = keys.last_use.take();
    if used.is_empty() {
        return Ok(Round::Idle);
    }
    let (ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) = used.into_iter().unzip();
    let mut tx = keys.core.db.system(SystemReason::KeyUsage).await?;
    store::touch(&mut tx, &ids, &times).await?;
    tx.commit().await?;
    Ok(Round::Idle)
}
