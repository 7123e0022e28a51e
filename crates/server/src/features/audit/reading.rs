//! Looking into the chains of a workspace.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::error::Result;
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::paging::{Page, Paging};

/// Which entries; absent conditions hold for all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The action, or with a dot at the end everything of a noun.
    pub action: Option<String>,
    pub actor: Option<Uuid>,
    pub target_type: Option<String>,
    pub target_id: Option<Uuid>,
    pub from: Option<DateTime<Utc>>,
    /// Not included.
    pub to: Option<DateTime<Utc>>,
}

/// An entry with the names its reader may know.
#[derive(Debug, Clone)]
pub struct EntryRow {
    pub tenant: Uuid,
    /// The reader's own chain, not a shared one.
    pub is_personal: bool,
    pub sequence: i64,
    pub id: Uuid,
    pub occurred_at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_email: Option<String>,
    pub actor_name: Option<String>,
    pub action: String,
    pub target_type: String,
    pub target_id: Option<Uuid>,
    pub target_email: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub ip_address: Option<String>,
    pub request_id: Option<Uuid>,
}

/// One page, the newest first.
pub async fn list(app: &App, authorized: Authorized<'_>, filter: &Filter, paging: &Paging) -> Result<Page<EntryRow>> {
    let mut tx = app.db.read(&authorized).await?;
    page(&mut tx, filter, paging).await
}

/// As [`list`], with the rights read again: a page of a stream whose reader may have lost them since the last one.
pub async fn list_again(
    app: &App,
    authorized: Authorized<'_>,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<EntryRow>> {
    let mut tx = app.db.write(&authorized).await?;
    page(&mut tx, filter, paging).await
}

async fn page(tx: &mut TenantTx, filter: &Filter, paging: &Paging) -> Result<Page<EntryRow>> {
    let (tenants, reader) = (tx.tenants(), tx.operation().user_id);
    let everybody = tx.operation().workspace.is_platform_admin();
    let (after_at, after_id) = paging.after.unzip();
    let rows = sqlx::query_as!(
        EntryRow,
        r#"SELECT e.tenant, e.tenant = $12 AS "is_personal!", e.sequence, e.id, e.occurred_at, e.actor_kind, e.actor_id, e.action, e.target_type, e.target_id, e.before,
            e.after, e.ip_address, e.request_id, a.email AS "actor_email?",
            CASE WHEN a.id IS NOT NULL THEN btrim(a.first_name || ' ' || a.last_name) END AS actor_name, t.email AS "target_email?"
         FROM audit_log e
         LEFT JOIN users a ON e.actor_kind = 'user' AND a.id = e.actor_id AND (a.id = $12 OR $13 OR EXISTS (
            SELECT 1 FROM organization_memberships m WHERE m.user_id = a.id AND m.organization_id = ANY($1)))
         LEFT JOIN users t ON e.target_type = 'user' AND t.id = e.target_id AND (t.id = $12 OR $13 OR EXISTS (
            SELECT 1 FROM organization_memberships m WHERE m.user_id = t.id AND m.organization_id = ANY($1)))
         WHERE e.tenant = ANY($1)
            AND ($2::text IS NULL OR e.action = $2 OR (right($2, 1) = '.' AND starts_with(e.action, $2)))
            AND ($3::uuid IS NULL OR e.actor_id = $3)
            AND ($4::text IS NULL OR e.target_type = $4)
            AND ($5::uuid IS NULL OR e.target_id = $5)
            AND ($6::timestamptz IS NULL OR e.occurred_at >= $6)
            AND ($7::timestamptz IS NULL OR e.occurred_at < $7)
            AND ($8 = '%' OR e.action ILIKE $8 OR e.target_type ILIKE $8 OR e.before::text ILIKE $8 OR e.after::text ILIKE $8
                OR a.email ILIKE $8 OR t.email ILIKE $8)
            AND ($9::timestamptz IS NULL OR (e.occurred_at, e.id) < ($9, $10::uuid))
         ORDER BY e.occurred_at DESC, e.id DESC LIMIT $11"#,
        &tenants,
        filter.action,
        filter.actor,
        filter.target_type,
        filter.target_id,
        filter.from,
        filter.to,
        paging.pattern,
        after_at,
        after_id,
        paging.fetch(),
        reader,
        everybody,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(paging.page(rows, |row| (row.occurred_at, row.id), |row| row))
}
