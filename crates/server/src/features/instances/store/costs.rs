//! What instances cost, from when to when.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::new_id;
use crate::plumbing::db::SystemTx;

/// The provider bills since `since`, unless that is on record already.
pub async fn open_segment(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    price: Decimal,
    since: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO instance_cost_segments (id, tenant, instance_id, cost_per_hour_eur, period)
         VALUES ($1, $2, $3, $4, tstzrange($5, NULL)) ON CONFLICT (instance_id) WHERE upper_inf(period) DO NOTHING",
        new_id(),
        tenant,
        instance_id,
        price,
        since,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE instances SET billable_since = COALESCE(billable_since, $3) WHERE tenant = $1 AND id = $2",
        tenant,
        instance_id,
        since
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The provider bills no more. A segment is never empty: the shortest is a microsecond.
pub async fn close_segment(tx: &mut SystemTx, tenant: Uuid, instance_id: Uuid, at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE instance_cost_segments
            SET period = tstzrange(lower(period), GREATEST($3, lower(period) + interval '1 microsecond'))
         WHERE tenant = $1 AND instance_id = $2 AND upper_inf(period)",
        tenant,
        instance_id,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
