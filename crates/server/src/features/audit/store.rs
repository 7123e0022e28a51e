//! SQL of `audit_chains` and `audit_log`. Takes a plain connection, as both kinds of transaction write entries.

use sqlx::PgConnection;
use uuid::Uuid;

use super::rules::{Actor, Entry, Fault, chain_hash};
use crate::error::Result;
use crate::plumbing::db::SystemTx;

/// Entries read at a time while verifying.
const VERIFY_BATCH: i64 = 1_000;

pub async fn append(conn: &mut PgConnection, mut entry: Entry) -> Result<()> {
    sqlx::query!(
        "INSERT INTO audit_chains (tenant, length, head_hash) VALUES ($1, 0, '') ON CONFLICT (tenant) DO NOTHING",
        entry.tenant
    )
    .execute(&mut *conn)
    .await?;
    let head = sqlx::query!(
        "SELECT length, head_hash FROM audit_chains WHERE tenant = $1 FOR UPDATE",
        entry.tenant
    )
    .fetch_one(&mut *conn)
    .await?;
    entry.sequence = head.length + 1;
    let hash = chain_hash(&head.head_hash, &entry);
    sqlx::query!(
        "INSERT INTO audit_log (tenant, sequence, id, occurred_at, actor_kind, actor_id, action, target_type, target_id, before, after,
            ip_address, request_id, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        entry.tenant,
        entry.sequence,
        entry.id,
        entry.occurred_at,
        entry.actor.kind(),
        entry.actor.id(),
        entry.action,
        entry.target_type,
        entry.target_id,
        entry.before,
        entry.after,
        entry.ip_address,
        entry.request_id,
        head.head_hash,
        &hash[..],
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE audit_chains SET length = $2, head_hash = $3 WHERE tenant = $1",
        entry.tenant,
        entry.sequence,
        &hash[..]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A closed account has no name in any log. What was done under its id stays.
pub async fn forget_person(tx: &mut SystemTx, user: Uuid) -> Result<()> {
    sqlx::query!("DELETE FROM audit_people WHERE user_id = $1", user)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub async fn verify(conn: &mut PgConnection) -> Result<Vec<Fault>> {
    let chains = sqlx::query!("SELECT tenant, length, head_hash FROM audit_chains ORDER BY tenant")
        .fetch_all(&mut *conn)
        .await?;
    let mut faults = Vec::new();
    for chain in chains {
        let (end, last_hash) = verify_chain(conn, chain.tenant, &mut faults).await?;
        if end != chain.length || (end > 0 && last_hash != chain.head_hash) {
            faults.push(Fault {
                tenant: chain.tenant,
                sequence: end,
                what: "the chain does not end where its head says",
            });
        }
    }
    Ok(faults)
}

async fn verify_chain(conn: &mut PgConnection, tenant: Uuid, faults: &mut Vec<Fault>) -> Result<(i64, Vec<u8>)> {
    let mut previous = Vec::new();
    let mut position = 0;
    loop {
        let rows = sqlx::query!(
            "SELECT sequence, id, occurred_at, actor_kind, actor_id, action, target_type, target_id, before, after, ip_address, request_id,
                previous_hash, hash
             FROM audit_log WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            tenant,
            position,
            VERIFY_BATCH,
        )
        .fetch_all(&mut *conn)
        .await?;
        let Some(last) = rows.last().map(|row| row.sequence) else {
            return Ok((position, previous));
        };
        let mut expected = position + 1;
        for row in rows {
            let actor = match (row.actor_kind.as_str(), row.actor_id) {
                ("user", Some(id)) => Actor::User(id),
                ("api_key", Some(id)) => Actor::ApiKey(id),
                _ => Actor::System,
            };
            let entry = Entry {
                tenant,
                sequence: row.sequence,
                id: row.id,
                occurred_at: row.occurred_at,
                actor,
                action: row.action,
                target_type: row.target_type,
                target_id: row.target_id,
                before: row.before,
                after: row.after,
                ip_address: row.ip_address,
                request_id: row.request_id,
            };
            if row.sequence != expected {
                faults.push(Fault {
                    tenant,
                    sequence: expected,
                    what: "entries are missing",
                });
            }
            if row.previous_hash != previous {
                faults.push(Fault {
                    tenant,
                    sequence: row.sequence,
                    what: "the entry does not follow its predecessor",
                });
            }
            if chain_hash(&row.previous_hash, &entry)[..] != row.hash[..] {
                faults.push(Fault {
                    tenant,
                    sequence: row.sequence,
                    what: "the entry was altered",
                });
            }
            expected = row.sequence + 1;
            previous = row.hash;
        }
        position = last;
    }
}
