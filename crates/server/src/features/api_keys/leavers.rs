//! What happens to keys when people leave.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::{SystemTx, TenantTx, WriteTx};
use crate::plumbing::events::{self, Topic};

/// Revokes the keys that a member made under `members_can_create_keys`: they end with the membership. Says which.
pub async fn revoke_member_bound(tx: &mut WriteTx, organization: Uuid, member: Uuid) -> Result<Vec<Uuid>> {
    let mut revoked = Vec::new();
    loop {
        let more = revoke_member_bound_seen(tx, organization, member).await?;
        if more.is_empty() {
            break;
        }
        revoked.extend(more);
    }
    announce(tx, organization, &revoked).await?;
    Ok(revoked)
}

/// One look. Somebody else may be replacing one of them: then this waits for it, and only the next look sees the successor.
async fn revoke_member_bound_seen(tx: &mut WriteTx, organization: Uuid, member: Uuid) -> Result<Vec<Uuid>> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    Ok(sqlx::query_scalar!(
        "UPDATE api_keys SET revoked_at = $3, revoked_by_user_id = $4
         WHERE tenant = $1 AND created_by_user_id = $2 AND member_bound AND revoked_at IS NULL RETURNING id",
        organization,
        member,
        now,
        user_id,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Revokes every key of an organization that ends.
pub async fn revoke_of_organization(tx: &mut WriteTx, organization: Uuid) -> Result<usize> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let revoked = sqlx::query_scalar!(
        "UPDATE api_keys SET revoked_at = $2, revoked_by_user_id = $3 WHERE tenant = $1 AND revoked_at IS NULL RETURNING id",
        organization,
        now,
        user_id,
    )
    .fetch_all(tx.conn())
    .await?;
    announce(tx, organization, &revoked).await?;
    Ok(revoked.len())
}

/// How many keys of the organization are not revoked.
pub async fn count_of_organization(tx: &mut TenantTx, organization: Uuid) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM api_keys WHERE tenant = $1 AND revoked_at IS NULL"#,
        organization
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Revokes the keys that end with an account: the personal ones, and those bound to a membership.
pub async fn revoke_of_account(tx: &mut SystemTx, user: Uuid, by: Uuid, now: DateTime<Utc>) -> Result<usize> {
    let revoked = sqlx::query!(
        "UPDATE api_keys SET revoked_at = $2, revoked_by_user_id = $3
         WHERE created_by_user_id = $1 AND (scope = 'personal' OR member_bound) AND revoked_at IS NULL RETURNING id, tenant",
        user,
        now,
        by,
    )
    .fetch_all(tx.conn())
    .await?;
    for key in &revoked {
        events::notify(tx.conn(), Topic::ApiKeys, key.tenant, key.id).await?;
    }
    Ok(revoked.len())
}

/// Tells the gateways to look again at the keys that depend on the account, because it was disabled or enabled.
pub async fn announce_of_account(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    let keys = sqlx::query!(
        "SELECT id, tenant FROM api_keys WHERE created_by_user_id = $1 AND (scope = 'personal' OR member_bound) AND revoked_at IS NULL",
        user
    )
    .fetch_all(tx.conn())
    .await?;
    for key in &keys {
        events::notify(tx.conn(), Topic::ApiKeys, key.tenant, key.id).await?;
    }
    Ok(())
}

async fn announce(tx: &mut WriteTx, tenant: Uuid, keys: &[Uuid]) -> Result<()> {
    for key in keys {
        events::notify(tx.conn(), Topic::ApiKeys, tenant, *key).await?;
    }
    Ok(())
}
