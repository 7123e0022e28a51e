//! SQL of `worker_tokens`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::ids::new_id;
use crate::plumbing::db::{AuthCalls, SystemTx};

/// A token that is valid now.
#[derive(Debug, Clone)]
pub struct Presented {
    pub id: Uuid,
    pub is_bootstrap: bool,
    pub tenant: Uuid,
    pub instance_id: Uuid,
    pub boot_id: Option<Uuid>,
}

pub async fn presented(calls: &mut AuthCalls, hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<Presented>> {
    let row = sqlx::query!(
        r#"SELECT id AS "id!", kind AS "kind!", tenant AS "tenant!", instance_id AS "instance_id!", boot_id
         FROM auth.worker_token_by_hash($1, $2)"#,
        &hash[..],
        now,
    )
    .fetch_optional(calls.conn())
    .await?;
    Ok(row.map(|row| Presented {
        id: row.id,
        is_bootstrap: row.kind == "bootstrap",
        tenant: row.tenant,
        instance_id: row.instance_id,
        boot_id: row.boot_id,
    }))
}

pub async fn insert_bootstrap(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO worker_tokens (id, tenant, instance_id, kind, token_hash, created_at) VALUES ($1, $2, $3, 'bootstrap', $4, $5)
         ON CONFLICT (token_hash) DO NOTHING",
        new_id(),
        tenant,
        instance_id,
        &hash[..],
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn insert_worker(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    hash: &[u8; 32],
    boot_id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO worker_tokens (id, tenant, instance_id, kind, token_hash, boot_id, created_at) VALUES ($1, $2, $3, 'worker', $4, $5, $6)",
        new_id(),
        tenant,
        instance_id,
        &hash[..],
        boot_id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends the tokens of an instance: those of one kind, or all.
pub async fn revoke(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    kind: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE worker_tokens SET revoked_at = $4
         WHERE tenant = $1 AND instance_id = $2 AND ($3::text IS NULL OR kind = $3) AND revoked_at IS NULL",
        tenant,
        instance_id,
        kind,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Who holds a bootstrap token and who wants it.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    pub boot_id: Option<Uuid>,
    pub challenger: Option<(Uuid, DateTime<Utc>)>,
}

/// Locked until the end of the transaction. `None` when it was revoked meanwhile.
pub async fn lock_bootstrap(tx: &mut SystemTx, tenant: Uuid, id: Uuid) -> Result<Option<Holder>> {
    let row = sqlx::query!(
        "SELECT boot_id, challenger_boot_id, challenger_since FROM worker_tokens
         WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL FOR UPDATE",
        tenant,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Holder {
        boot_id: row.boot_id,
        challenger: row.challenger_boot_id.zip(row.challenger_since),
    }))
}

pub async fn grant_bootstrap(
    tx: &mut SystemTx,
    tenant: Uuid,
    id: Uuid,
    boot_id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE worker_tokens SET boot_id = $3, used_at = COALESCE(used_at, $4), challenger_boot_id = NULL, challenger_since = NULL
         WHERE tenant = $1 AND id = $2",
        tenant,
        id,
        boot_id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Remembers since when a boot asks for what another one holds.
pub async fn record_challenger(
    tx: &mut SystemTx,
    tenant: Uuid,
    id: Uuid,
    boot_id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE worker_tokens SET challenger_boot_id = $3, challenger_since = $4
         WHERE tenant = $1 AND id = $2 AND challenger_boot_id IS DISTINCT FROM $3",
        tenant,
        id,
        boot_id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
