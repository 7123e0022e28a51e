//! Which replica does a task of which one is enough. The row's token is the proof: whoever lost it may not write, however sure of
//! itself. No row: nobody does it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::clock::Clock;
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::ids::new_id;
use crate::plumbing::db::{Db, SystemReason, SystemTx};

/// What a replica that is gone holds is free again after this.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often a lease is renewed.
const RENEW: Duration = Duration::from_secs(10);
/// How often the others look whether it is free.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    task: &'static str,
    token: Uuid,
}

impl Lease {
    /// Takes the lease if nobody has it. An owner that has it already, from before a failure, gets it under a new token.
    pub(super) async fn take(db: &Db, task: &'static str, owner: &str, now: DateTime<Utc>) -> Result<Option<Self>> {
        let token = new_id();
        let mut tx = db.system(SystemReason::BackgroundLease).await?;
        let taken = sqlx::query!(
            "INSERT INTO background_leases AS held (task, owner, token, until) VALUES ($1, $2, $3, $4)
             ON CONFLICT (task) DO UPDATE SET owner = EXCLUDED.owner, token = EXCLUDED.token, until = EXCLUDED.until
                WHERE held.until <= $5 OR held.owner = EXCLUDED.owner",
            task,
            owner,
            token,
            now + LEASE,
            now,
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok((taken.rows_affected() == 1).then_some(Self { task, token }))
    }

    /// Renews the lease and keeps others from taking it until the end of the transaction.
    ///
    /// # Errors
    /// It is lost.
    pub(super) async fn hold(&self, tx: &mut SystemTx, now: DateTime<Utc>) -> Result<()> {
        let held = sqlx::query!(
            "UPDATE background_leases SET until = $3 WHERE task = $1 AND token = $2",
            self.task,
            self.token,
            now + LEASE,
        )
        .execute(tx.conn())
        .await?;
        match held.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::conflict(ErrorCode::LeaseLost, "Another replica does this now.")),
        }
    }

    /// Renews the lease for as long as that is possible. Returns once the lease is lost or can no longer be relied on.
    pub(super) async fn keep(self, db: Db, clock: Clock) {
        let mut until = clock.now() + LEASE;
        loop {
            tokio::time::sleep(RENEW).await;
            let now = clock.now();
            match self.renew(&db, now).await {
                Ok(()) => until = now + LEASE,
                Err(error) if error.code == ErrorCode::LeaseLost || clock.now() >= until => {
                    tracing::warn!(task = self.task, %error, "the lease of a task is lost");
                    return;
                }
                Err(error) => tracing::warn!(task = self.task, %error, "the lease of a task could not be renewed yet"),
            }
        }
    }

    async fn renew(&self, db: &Db, now: DateTime<Utc>) -> Result<()> {
        let mut tx = db.system(SystemReason::BackgroundLease).await?;
        self.hold(&mut tx, now).await?;
        tx.commit().await
    }

    pub(super) async fn give_back(&self, db: &Db) -> Result<()> {
        let mut tx = db.system(SystemReason::BackgroundLease).await?;
        sqlx::query!(
            "DELETE FROM background_leases WHERE task = $1 AND token = $2",
            self.task,
            self.token
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }
}
