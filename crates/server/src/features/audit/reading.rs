//! Looking into the chains of a workspace.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Audit;
use crate::error::Result;
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::paging::{EVERYTHING, Page, Paging};

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
pub async fn list(
    audit: &Audit,
    authorized: Authorized<'_>,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<EntryRow>> {
    let mut tx = audit.core.db.read(&authorized).await?;
    page(&mut tx, filter, paging).await
}

/// As [`list`], with the rights read again: a page of a stream whose reader may have lost them since the last one.
pub async fn list_again(
    audit: &Audit,
    authorized: Authorized<'_>,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<EntryRow>> {
    let mut tx = audit.core.db.write(&authorized).await?;
    page(&mut tx, filter, paging).await
}

async fn page(tx: &mut TenantTx, filter: &Filter, paging: &Paging) -> Result<Page<EntryRow>> {
    let (tenants, reader) = (tx.tenants(), tx.operation().user_id);
    let (beyond_at, beyond_id) = paging.beyond();
    let searched: Vec<Uuid> = match paging.pattern.as_str() {
        EVERYTHING => Vec::new(),
        pattern => people(tx, None, Some(pattern)).await?.into_keys().collect(),
    };
    // OFFSET 0 makes the search read the log in its order and stop with the page. Row-level security hides from the planner how
    // common a text is; it would take it for rare and read everything.
    let mut rows = sqlx::query_as!(
        EntryRow,
        r#"SELECT e.tenant, e.tenant = $11 AS "is_personal!", e.sequence, e.id, e.occurred_at, e.actor_kind, e.actor_id, e.action, e.target_type, e.target_id, e.before,
            e.after, e.ip_address, e.request_id, NULL AS actor_email, NULL AS actor_name, NULL AS target_email
         FROM unnest($1::uuid[]) AS own (tenant)
         CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT * FROM audit_log e
                WHERE e.tenant = own.tenant AND (e.occurred_at, e.id) < ($9::timestamptz, $13::uuid)
                    AND ($2::text IS NULL OR e.action = $2 OR (right($2, 1) = '.' AND starts_with(e.action, $2)))
                    AND ($3::uuid IS NULL OR e.actor_id = $3)
                    AND ($4::text IS NULL OR e.target_type = $4)
                    AND ($5::uuid IS NULL OR e.target_id = $5)
                    AND ($6::timestamptz IS NULL OR e.occurred_at >= $6)
                    AND ($7::timestamptz IS NULL OR e.occurred_at < $7)
                ORDER BY e.occurred_at DESC, e.id DESC OFFSET 0) AS e
            WHERE $8 = '%' OR e.action ILIKE $8 OR e.target_type ILIKE $8 OR e.before::text ILIKE $8 OR e.after::text ILIKE $8
                OR (e.actor_kind = 'user' AND e.actor_id = ANY($12)) OR (e.target_type = 'user' AND e.target_id = ANY($12))
            ORDER BY e.occurred_at DESC, e.id DESC LIMIT $10) AS e
         ORDER BY e.occurred_at DESC, e.id DESC LIMIT $10"#,
        &tenants,
        filter.action,
        filter.actor,
        filter.target_type,
        filter.target_id,
        filter.from,
        filter.to,
        paging.pattern,
        beyond_at,
        paging.fetch(),
        reader,
        &searched,
        beyond_id,
    )
    .fetch_all(tx.conn())
    .await?;
    name(tx, &mut rows).await?;
    Ok(paging.page(rows, |row| (row.occurred_at, row.id), |row| row))
}

/// Puts names to the ids of people.
async fn name(tx: &mut TenantTx, rows: &mut [EntryRow]) -> Result<()> {
    let ids: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [row.acting_user(), row.target_user()])
        .flatten()
        .collect();
    let people = people(tx, Some(&ids), None).await?;
    for row in rows {
        let actor = row.acting_user().and_then(|id| people.get(&id));
        let target = row.target_user().and_then(|id| people.get(&id));
        row.actor_email = actor.map(|person| person.email.clone());
        row.actor_name = actor.map(|person| person.name.clone());
        row.target_email = target.map(|person| person.email.clone());
    }
    Ok(())
}

impl EntryRow {
    fn acting_user(&self) -> Option<Uuid> {
        self.actor_id.filter(|_| self.actor_kind == "user")
    }

    fn target_user(&self) -> Option<Uuid> {
        self.target_id.filter(|_| self.target_type == "user")
    }
}

struct Person {
    email: String,
    name: String,
}

/// Those of the log whom its reader may know, by id: of these ids, or with an address like this.
async fn people(tx: &mut TenantTx, ids: Option<&[Uuid]>, pattern: Option<&str>) -> Result<HashMap<Uuid, Person>> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", email AS "email!", name AS "name!" FROM tenancy.people_of_log($1, $2)"#,
        ids,
        pattern,
    )
    .fetch_all(tx.conn())
    .await?;
    let people = rows.into_iter().map(|row| {
        let person = Person {
            email: row.email,
            name: row.name,
        };
        (row.id, person)
    });
    Ok(people.collect())
}
