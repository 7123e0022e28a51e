//! What the gateway's routing table needs to know of instances.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::SystemTx;

/// An instance that exists or is about to: neither terminated nor archived nor failed.
#[derive(Debug, Clone)]
pub struct RoutingInstance {
    pub tenant: Uuid,
    pub id: Uuid,
    pub provider_code: String,
    pub model_tenant: Uuid,
    pub model_id: Uuid,
    pub is_ready: bool,
    pub tech_activated: bool,
    pub eco_activated: bool,
    /// `host:port`; none until the worker registered.
    pub worker_address: Option<String>,
    pub last_heartbeat_at: Option<DateTime<Utc>>,
    /// Requests waiting in the engine at the last heartbeat; none means unknown, never idle.
    pub queue_depth: Option<i32>,
}

pub async fn instances(tx: &mut SystemTx) -> Result<Vec<RoutingInstance>> {
    let rows = sqlx::query_as!(
        RoutingInstance,
        r#"SELECT tenant AS "tenant!", id, provider_code, model_tenant, model_id, status = 'ready' AND desired_state = 'running' AS "is_ready!",
            tech_activated_at IS NOT NULL AS "tech_activated!", eco_activated_at IS NOT NULL AS "eco_activated!", worker_address,
            last_heartbeat_at, queue_depth
         FROM instances WHERE NOT is_ended AND NOT has_failed ORDER BY id"#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
