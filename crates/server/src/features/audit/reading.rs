//! Looking into the chains of a workspace.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Audit;
use crate::error::Result;
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::paging::{EVERYTHING, Paging};

/// Entries that a page of a search looks through at most: what text is in has no index, so rare text would cost the whole log.
const LOOKED_THROUGH: i64 = 2_000;

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

/// The one condition that the log is read by, off an index that has its entries in order; the others are looked for among them.
struct Lead<'a> {
    action: Option<&'a str>,
    actor: Option<Uuid>,
    target_id: Option<Uuid>,
}

impl Filter {
    fn lead(&self) -> Lead<'_> {
        let action = self.action.as_deref().filter(|action| !action.ends_with('.'));
        Lead {
            action: action.filter(|_| self.actor.is_none() && self.target_id.is_none()),
            actor: self.actor.filter(|_| self.target_id.is_none()),
            target_id: self.target_id,
        }
    }

    /// Nothing is left to look for among the entries of the lead.
    fn is_led(&self) -> bool {
        let lead = self.lead();
        self.target_type.is_none()
            && lead.action.is_some() == self.action.is_some()
            && lead.actor.is_some() == self.actor.is_some()
    }
}

/// Some entries, the newest first.
#[derive(Debug, Clone)]
pub struct Reading {
    pub entries: Vec<EntryRow>,
    /// Where to read on; `None` at the end.
    pub next: Option<(DateTime<Utc>, Uuid)>,
    /// How far back a search came that stopped before it had found a page.
    pub searched_until: Option<DateTime<Utc>>,
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
    /// It is what was asked for, and not only the last entry that was looked at.
    matches: bool,
    /// Which of the entries of its chain that were looked at, from 1.
    place: i64,
}

/// One page.
pub async fn list(audit: &Audit, authorized: Authorized<'_>, filter: &Filter, paging: &Paging) -> Result<Reading> {
    let mut tx = audit.core.db.read(&authorized).await?;
    page(&mut tx, filter, paging).await
}

/// As [`list`], with the rights read again: a page of a stream whose reader may have lost them since the last one.
pub async fn list_again(
    audit: &Audit,
    authorized: Authorized<'_>,
    filter: &Filter,
    paging: &Paging,
) -> Result<Reading> {
    let mut tx = audit.core.db.write(&authorized).await?;
    page(&mut tx, filter, paging).await
}

async fn page(tx: &mut TenantTx, filter: &Filter, paging: &Paging) -> Result<Reading> {
    let (mut beyond_at, mut beyond_id) = paging.beyond();
    if let Some(to) = filter.to.filter(|to| *to <= beyond_at) {
        (beyond_at, beyond_id) = (to, Uuid::nil());
    }
    let looked_through = if paging.pattern == EVERYTHING && filter.is_led() {
        paging.fetch()
    } else {
        LOOKED_THROUGH
    };
    let mut entries = look_through(tx, filter, paging, (beyond_at, beyond_id), looked_through).await?;
    let position = |row: &EntryRow| (row.occurred_at, row.id);
    // Where the first of the chains stopped: behind that, others may have been read further.
    let stopped_at = entries
        .iter()
        .filter(|row| row.place == looked_through)
        .map(position)
        .max();
    entries.retain(|row| row.matches && stopped_at.is_none_or(|stop| position(row) >= stop));
    let is_full = entries.len() > paging.limit as usize;
    entries.truncate(paging.limit as usize);
    name(tx, &mut entries).await?;
    Ok(Reading {
        next: if is_full {
            entries.last().map(position)
        } else {
            stopped_at
        },
        searched_until: stopped_at.filter(|_| !is_full).map(|(at, _)| at),
        entries,
    })
}

/// Of so many entries of each chain beyond a position those that match, a page and one more, and the last of so many.
async fn look_through(
    tx: &mut TenantTx,
    filter: &Filter,
    paging: &Paging,
    (beyond_at, beyond_id): (DateTime<Utc>, Uuid),
    looked_through: i64,
) -> Result<Vec<EntryRow>> {
    let (tenants, reader) = (tx.tenants(), tx.operation().user_id);
    let lead = filter.lead();
    Ok(sqlx::query_as!(
        EntryRow,
        r#"WITH people AS MATERIALIZED (
            SELECT tenant, id, since, until FROM (
                SELECT p.tenant, p.user_id AS id, p.email, p.name, lead(p.since) OVER named AS until,
                    CASE WHEN lag(p.since) OVER named IS NULL THEN timestamptz 'epoch' ELSE p.since END AS since
                FROM audit_people p WHERE p.tenant = ANY($1) AND p.user_id = ANY(ARRAY(
                SELECT unnest(ARRAY[CASE WHEN e.actor_kind = 'user' THEN e.actor_id END, CASE WHEN e.target_type = 'user' THEN e.target_id END])
                FROM unnest($1::uuid[]) AS own (tenant) CROSS JOIN LATERAL (
                    SELECT * FROM audit_log e
                    WHERE e.tenant = own.tenant AND (e.occurred_at, e.id) < ($2::timestamptz, $3::uuid)
                        AND ($4::timestamptz IS NULL OR e.occurred_at >= $4) AND ($5::text IS NULL OR e.action = $5)
                        AND ($6::uuid IS NULL OR e.actor_id = $6) AND ($7::uuid IS NULL OR e.target_id = $7)
                    ORDER BY e.occurred_at DESC, e.id DESC LIMIT $8) AS e
                WHERE $9 <> '%'))
                WINDOW named AS (PARTITION BY p.tenant, p.user_id ORDER BY p.since)) AS named
            WHERE $9 <> '%' AND (email ILIKE $9 OR name ILIKE $9))
         SELECT e.tenant, e.tenant = $13 AS "is_personal!", e.sequence, e.id, e.occurred_at, e.actor_kind, e.actor_id, e.action, e.target_type,
            e.target_id, e.before, e.after, e.ip_address, e.request_id, NULL AS actor_email, NULL AS actor_name, NULL AS target_email,
            e.matches AS "matches!", e.place AS "place!"
         FROM unnest($1::uuid[]) AS own (tenant) CROSS JOIN LATERAL (
            SELECT e.*, judged.matches FROM (
                SELECT *, row_number() OVER (ORDER BY e.occurred_at DESC, e.id DESC) AS place FROM (
                    SELECT * FROM audit_log e
                    WHERE e.tenant = own.tenant AND (e.occurred_at, e.id) < ($2::timestamptz, $3::uuid)
                        AND ($4::timestamptz IS NULL OR e.occurred_at >= $4) AND ($5::text IS NULL OR e.action = $5)
                        AND ($6::uuid IS NULL OR e.actor_id = $6) AND ($7::uuid IS NULL OR e.target_id = $7)
                    ORDER BY e.occurred_at DESC, e.id DESC LIMIT $8) AS e) AS e
            CROSS JOIN LATERAL (SELECT COALESCE(
                ($9 = '%' OR concat_ws(E'\n', e.action, e.target_type, e.before::text, e.after::text) ILIKE $9
                    OR EXISTS (SELECT 1 FROM people p WHERE p.tenant = e.tenant
                        AND ((e.actor_kind = 'user' AND p.id = e.actor_id) OR (e.target_type = 'user' AND p.id = e.target_id))
                        AND e.occurred_at >= p.since AND (p.until IS NULL OR e.occurred_at < p.until)))
                AND ($10::text IS NULL OR e.action = $10 OR (right($10, 1) = '.' AND starts_with(e.action, $10)))
                AND ($11::uuid IS NULL OR e.actor_id = $11)
                AND ($12::text IS NULL OR e.target_type = $12), false) AS matches) AS judged
            WHERE judged.matches OR e.place = $8
            ORDER BY e.occurred_at DESC, e.id DESC LIMIT $14) AS e
         ORDER BY e.occurred_at DESC, e.id DESC LIMIT $14"#,
        &tenants,
        beyond_at,
        beyond_id,
        filter.from,
        lead.action,
        lead.actor,
        lead.target_id,
        looked_through,
        paging.pattern,
        filter.action,
        filter.actor,
        filter.target_type,
        reader,
        paging.fetch(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Puts names to the ids of people: those under which they were known when it happened.
async fn name(tx: &mut TenantTx, rows: &mut [EntryRow]) -> Result<()> {
    let ids: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [row.acting_user(), row.target_user()])
        .flatten()
        .collect();
    let people = people(tx, &ids).await?;
    for row in rows {
        let then = |id: Uuid| {
            let names = people.get(&(row.tenant, id))?;
            // What was before the first name is under it.
            names
                .iter()
                .rfind(|person| person.since <= row.occurred_at)
                .or(names.first())
        };
        let (actor, target) = (row.acting_user().and_then(then), row.target_user().and_then(then));
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

/// What somebody was called, from then on.
struct Person {
    since: DateTime<Utc>,
    email: String,
    name: String,
}

/// Those of the logs whom its reader may know, by log and id, each under one name after the other.
async fn people(tx: &mut TenantTx, ids: &[Uuid]) -> Result<HashMap<(Uuid, Uuid), Vec<Person>>> {
    let tenants = tx.tenants();
    let rows = sqlx::query!(
        "SELECT tenant, user_id, since, email, name FROM audit_people WHERE tenant = ANY($1) AND user_id = ANY($2) ORDER BY since",
        &tenants,
        ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut people: HashMap<_, Vec<Person>> = HashMap::new();
    for row in rows {
        people.entry((row.tenant, row.user_id)).or_default().push(Person {
            since: row.since,
            email: row.email,
            name: row.name,
        });
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read_by_its_narrowest_condition_and_the_others_are_looked_for() {
        let (somebody, something) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let one = Filter {
            action: Some("member.remove".to_owned()),
            ..Filter::default()
        };
        assert!(one.is_led() && one.lead().action.is_some());
        let two = Filter {
            actor: Some(somebody),
            ..one.clone()
        };
        assert!(!two.is_led() && two.lead().actor.is_some() && two.lead().action.is_none());
        let three = Filter {
            target_id: Some(something),
            ..two
        };
        assert!(!three.is_led() && three.lead().target_id.is_some() && three.lead().actor.is_none());
        assert!(Filter::default().is_led());
    }

    #[test]
    fn everything_of_a_noun_or_a_kind_of_target_is_looked_for() {
        let noun = Filter {
            action: Some("member.".to_owned()),
            ..Filter::default()
        };
        assert!(!noun.is_led() && noun.lead().action.is_none());
        let kind = Filter {
            target_type: Some("user".to_owned()),
            ..Filter::default()
        };
        assert!(!kind.is_led());
    }
}
