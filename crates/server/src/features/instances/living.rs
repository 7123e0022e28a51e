//! What still runs, for those who want to end what it runs in.

use uuid::Uuid;

use super::rules::Status;
use crate::error::Result;
use crate::plumbing::db::TenantTx;

/// An instance that something may still exist of.
#[derive(Debug, Clone)]
pub struct LivingInstance {
    pub id: Uuid,
    pub status: Status,
    pub instance_type_code: String,
    pub zone_code: String,
}

/// The organization's instances that are neither terminated nor archived, the oldest first, up to the limit; and how many there
/// are. A failed one counts: only archiving says that nothing of it is left at the provider.
pub async fn living(tx: &mut TenantTx, organization: Uuid, limit: i64) -> Result<(Vec<LivingInstance>, i64)> {
    let rows = sqlx::query_as!(
        LivingInstance,
        r#"SELECT id, status AS "status: Status", instance_type_code, zone_code FROM instances
         WHERE tenant = $1 AND NOT is_ended ORDER BY created_at, id LIMIT $2"#,
        organization,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM instances WHERE tenant = $1 AND NOT is_ended"#,
        organization,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((rows, count))
}
