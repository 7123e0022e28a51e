//! What other features may know about instances: whether something is used by one, and how many are ready.

use std::collections::HashMap;

use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::{SystemTx, TenantTx};

/// Does an instance that isn't over yet run the model? Asked across tenants: a public model runs anywhere.
pub async fn uses_model(tx: &mut SystemTx, model_id: Uuid) -> Result<bool> {
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM instances WHERE model_id = $1
            AND status NOT IN ('terminated', 'archived', 'provisioning_failed', 'startup_failed', 'failed')) AS "used!""#,
        model_id,
    );
    Ok(query.fetch_one(tx.conn()).await?)
}

/// How many instances of this workspace are ready, by model. Models without one are not in the answer.
pub async fn ready_by_model(tx: &mut TenantTx) -> Result<HashMap<Uuid, i64>> {
    let tenants = tx.tenants();
    let rows = sqlx::query!(
        r#"SELECT model_id, count(*) AS "ready!" FROM instances WHERE tenant = ANY($1) AND status = 'ready' GROUP BY model_id"#,
        &tenants,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.model_id, row.ready)).collect())
}
