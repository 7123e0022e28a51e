//! What the gateway knows of keys, in memory: immutable copies, never written back.
//!
//! Every copy belongs to the *generation* that was current before it was read. A change of anything that decides about a key
//! begins a new generation, so a copy that was read while the change happened can never come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::future::Cache;
use uuid::Uuid;

use super::ApiKeys;
use super::key_format::PresentedKey;
use super::store;
use crate::error::{Error, Result};
use crate::plumbing::background::{Run, Task};
use crate::plumbing::config::ServerRole::{Api, Gateway};
use crate::plumbing::events::{News, Topic};
use crate::secrets;

const MOST_KEYS: u64 = 50_000;
/// However a notification may get lost, nothing is believed for longer.
const LIFETIME: Duration = Duration::from_secs(30);
/// Ids that nobody has: enough to blunt a flood, brief because the flood chooses them.
const MOST_UNKNOWN: u64 = 10_000;
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(2);

/// A key that may be used, at the moment it was read.
#[derive(Debug)]
pub struct KeySnapshot {
    pub id: Uuid,
    pub name: String,
    pub tenant: Uuid,
    pub organization_id: Option<Uuid>,
    pub created_by: Uuid,
    /// `None`: every model of the workspace.
    pub allowed_models: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
    hash: Vec<u8>,
}

type Slot = (u64, Box<str>);

pub struct KeySnapshots {
    generation: AtomicU64,
    /// Whether notifications of changes reach this cache.
    is_followed: AtomicBool,
    known: Cache<Slot, Arc<KeySnapshot>>,
    unknown: Cache<Slot, ()>,
}

impl Default for KeySnapshots {
    fn default() -> Self {
        Self {
            generation: AtomicU64::new(0),
            is_followed: AtomicBool::new(false),
            known: Cache::builder().max_capacity(MOST_KEYS).time_to_live(LIFETIME).build(),
            unknown: Cache::builder()
                .max_capacity(MOST_UNKNOWN)
                .time_to_live(UNKNOWN_LIFETIME)
                .build(),
        }
    }
}

impl KeySnapshots {
    /// The key, if it is one of ours, unrevoked and unexpired. Without a query once it is known; misses of one key share a query.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify(&self, keys: &ApiKeys, key: PresentedKey<'_>) -> Result<Option<Arc<KeySnapshot>>> {
        let snapshot = self.find(keys, key.public_id).await?;
        let now = keys.core.clock.now();
        Ok(snapshot.filter(|snapshot| {
            let matches = secrets::equal(&snapshot.hash, &key.hash());
            matches && snapshot.expires_at.is_none_or(|at| at > now)
        }))
    }

    /// Something that decides about keys changed.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    async fn find(&self, keys: &ApiKeys, public_id: &str) -> Result<Option<Arc<KeySnapshot>>> {
        if !keys.core.events.is_listening() || !self.is_followed.load(Ordering::Acquire) {
            // A revocation would not be heard of.
            self.forget_all();
            return read(keys, public_id).await;
        }
        let slot: Slot = (self.generation.load(Ordering::Acquire), public_id.into());
        if self.unknown.contains_key(&slot) {
            return Ok(None);
        }
        if let Some(snapshot) = self.known.get(&slot).await {
            return Ok(Some(snapshot));
        }
        let read = async { read(keys, public_id).await.map_err(Some)?.ok_or(None::<Error>) };
        match self.known.try_get_with(slot.clone(), read).await {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(outcome) => match &*outcome {
                None => {
                    self.unknown.insert(slot, ()).await;
                    Ok(None)
                }
                // Several waited for the same query; each needs an error of its own.
                Some(error) => Err(Error::new(error.kind, error.code.clone(), error.detail.clone())),
            },
        }
    }
}

async fn read(keys: &ApiKeys, public_id: &str) -> Result<Option<Arc<KeySnapshot>>> {
    let row = store::by_public_id(&keys.core.db, public_id).await?;
    Ok(row.filter(|row| !row.revoked).map(|row| {
        Arc::new(KeySnapshot {
            id: row.id,
            name: row.name,
            tenant: row.tenant,
            organization_id: row.organization_id,
            created_by: row.created_by_user_id,
            allowed_models: row.allowed_models,
            expires_at: row.expires_at,
            hash: row.secret_hash,
        })
    }))
}

/// Forgets what it knows whenever keys, or people and organizations behind them, change.
pub fn task(keys: ApiKeys) -> Task {
    Task::follower("key_snapshots", &[Api, Gateway], move |run| {
        follow_changes(keys.clone(), run)
    })
}

async fn follow_changes(keys: ApiKeys, run: Run) -> Result<()> {
    let mut news = keys.core.events.subscribe();
    // What changed before we subscribed was not heard.
    keys.snapshots.forget_all();
    let _followed = Followed::begin(&keys.snapshots);
    loop {
        let next = tokio::select! {
            () = run.ending() => return Ok(()),
            next = news.next() => next,
        };
        match next {
            None => return Ok(()),
            Some(News::Missed) => keys.snapshots.forget_all(),
            Some(News::Changed(change)) => {
                let decides = matches!(
                    change.topic,
                    Topic::ApiKeys | Topic::Members | Topic::Organizations | Topic::Sessions
                );
                if decides {
                    keys.snapshots.forget_all();
                }
            }
        }
    }
}

/// While one exists, notifications reach the cache. Dropping it, by an error or a panic too, makes the cache read everything again.
struct Followed<'a>(&'a KeySnapshots);

impl<'a> Followed<'a> {
    fn begin(snapshots: &'a KeySnapshots) -> Self {
        snapshots.is_followed.store(true, Ordering::Release);
        Self(snapshots)
    }
}

impl Drop for Followed<'_> {
    fn drop(&mut self) {
        self.0.is_followed.store(false, Ordering::Release);
    }
}
