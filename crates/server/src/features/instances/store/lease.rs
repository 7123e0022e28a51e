//! Who works on an instance right now. A lease is a token on the row: whoever has it may write, and whoever lost it may not,
//! however sure of itself.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::ids::new_id;
use crate::plumbing::db::SystemTx;

/// Longer than any single call to a provider, and renewed before each: what a crashed reconciler held is free again after this.
pub const LEASE: Duration = Duration::seconds(15);

#[derive(Debug, Clone, Copy)]
pub struct Lease {
    pub instance_id: Uuid,
    pub token: Uuid,
    /// What `reconcile_after` was set to while leased: another value means that somebody asks for a visit.
    marker: DateTime<Utc>,
}

/// Takes up to `limit` instances that are due and that nobody works on.
pub async fn claim(tx: &mut SystemTx, owner: &str, limit: i64, now: DateTime<Utc>) -> Result<Vec<Lease>> {
    let (token, marker) = (new_id(), now + LEASE);
    let claimed = sqlx::query_scalar!(
        "WITH due AS (
            SELECT id FROM instances
                WHERE reconcile_after <= $1 AND (lease_until IS NULL OR lease_until <= $1) AND NOT is_ended
                ORDER BY reconcile_after LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
         UPDATE instances i SET lease_owner = $3, lease_token = $4, lease_until = $5, reconcile_after = $5
            FROM due WHERE i.id = due.id RETURNING i.id",
        now,
        limit,
        owner,
        token,
        marker,
    )
    .fetch_all(tx.conn())
    .await?;
    let lease = |instance_id| Lease {
        instance_id,
        token,
        marker,
    };
    Ok(claimed.into_iter().map(lease).collect())
}

/// Renews the lease and locks the row until the end of the transaction. False: it is lost, and nothing may be written.
pub async fn hold(tx: &mut SystemTx, lease: &Lease, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE instances SET lease_until = $3 WHERE id = $1 AND lease_token = $2",
        lease.instance_id,
        lease.token,
        now + LEASE,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the instance back, to be visited again at `next`, or at once if somebody asked for it meanwhile.
pub async fn release(tx: &mut SystemTx, lease: &Lease, next: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE instances SET lease_owner = NULL, lease_token = NULL, lease_until = NULL,
            reconcile_after = CASE WHEN reconcile_after = $3 THEN $4 ELSE reconcile_after END
         WHERE id = $1 AND lease_token = $2",
        lease.instance_id,
        lease.token,
        lease.marker,
        next,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
