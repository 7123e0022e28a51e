//! SQL of the chains, the log and the register. Appending takes a plain connection, as both kinds of transaction write entries.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::rules::{Entry, chain_hash};
use super::seals::{Head, Register, SealedHead, Seals};
use crate::error::Result;
use crate::plumbing::db::SystemTx;

pub async fn append(conn: &mut PgConnection, seals: &Seals, mut entry: Entry) -> Result<()> {
    let opened = sqlx::query!(
        "INSERT INTO audit_chains (tenant, length, head_hash) VALUES ($1, 0, '') ON CONFLICT (tenant) DO NOTHING",
        entry.tenant
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    let row = sqlx::query!(
        r#"SELECT length, head_hash, register, seal, tenancy.audit_register_number() AS "now!" FROM audit_chains
         WHERE tenant = $1 FOR UPDATE"#,
        entry.tenant
    )
    .fetch_one(&mut *conn)
    .await?;
    let before = SealedHead {
        head: Head {
            tenant: entry.tenant,
            length: row.length,
            hash: row.head_hash,
        },
        register: row.register,
        seal: row.seal,
    };
    // What was forged isn't sealed by whoever writes next: the act goes on, and the evidence stays broken.
    let is_sound = seals.may_go_on(&before, opened == 1);
    // Whoever waited for the head may have looked at the register before the last one did.
    let seen = before.register.max(row.now);
    let before = before.head;
    if !is_sound {
        tracing::error!(
            chain = %before.tenant,
            entry = before.length,
            "a chain of the audit log does not end as it was left; `inventiv audit verify` says more"
        );
    }
    entry.sequence = before.length + 1;
    let hash = chain_hash(&before.hash, &entry);
    let after = Head {
        tenant: entry.tenant,
        length: entry.sequence,
        hash: hash.to_vec(),
    };
    let seal = if is_sound {
        seals.of_head(&after, seen).to_vec()
    } else {
        Vec::new()
    };
    sqlx::query!(
        "INSERT INTO audit_log (tenant, sequence, id, occurred_at, actor_kind, actor_id, action, target_type, target_id, before, after,
            ip_address, request_id, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        entry.tenant,
        entry.sequence,
        entry.id,
        entry.occurred_at,
        entry.actor_kind,
        entry.actor_id,
        entry.action,
        entry.target_type,
        entry.target_id,
        entry.before,
        entry.after,
        entry.ip_address,
        entry.request_id,
        before.hash,
        after.hash,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE audit_chains SET length = $2, head_hash = $3, register = $4, seal = $5 WHERE tenant = $1",
        after.tenant,
        after.length,
        after.hash,
        seen,
        seal
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

pub async fn heads(tx: &mut SystemTx) -> Result<Vec<SealedHead>> {
    let rows = sqlx::query!("SELECT tenant, length, head_hash, register, seal FROM audit_chains ORDER BY tenant")
        .fetch_all(tx.conn())
        .await?;
    let heads = rows.into_iter().map(|row| SealedHead {
        head: Head {
            tenant: row.tenant,
            length: row.length,
            hash: row.head_hash,
        },
        register: row.register,
        seal: row.seal,
    });
    Ok(heads.collect())
}

/// All heads; nobody appends until the end of the transaction.
pub async fn lock_heads(tx: &mut SystemTx) -> Result<Vec<Head>> {
    let heads = sqlx::query_as!(
        Head,
        "SELECT tenant, length, head_hash AS hash FROM audit_chains ORDER BY tenant FOR UPDATE"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(heads)
}

/// Seals of heads that carry this number of the register.
pub async fn put_seals(tx: &mut SystemTx, register: i64, seals: &[(Uuid, [u8; 32])]) -> Result<()> {
    let (tenants, seals): (Vec<Uuid>, Vec<Vec<u8>>) =
        seals.iter().map(|(tenant, seal)| (*tenant, seal.to_vec())).unzip();
    sqlx::query!(
        "UPDATE audit_chains c SET register = $3, seal = n.seal FROM unnest($1::uuid[], $2::bytea[]) AS n (tenant, seal)
         WHERE c.tenant = n.tenant",
        &tenants,
        &seals,
        register
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An entry and what its row says of its place in the chain.
pub struct Link {
    pub entry: Entry,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// The next entries of a chain, in order.
pub async fn links(tx: &mut SystemTx, tenant: Uuid, after: i64, limit: i64) -> Result<Vec<Link>> {
    let rows = sqlx::query!(
        "SELECT sequence, id, occurred_at, actor_kind, actor_id, action, target_type, target_id, before, after, ip_address, request_id,
            previous_hash, hash
         FROM audit_log WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        tenant,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let links = rows.into_iter().map(|row| Link {
        entry: Entry {
            tenant,
            sequence: row.sequence,
            id: row.id,
            occurred_at: row.occurred_at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            action: row.action,
            target_type: row.target_type,
            target_id: row.target_id,
            before: row.before,
            after: row.after,
            ip_address: row.ip_address,
            request_id: row.request_id,
        },
        previous_hash: row.previous_hash,
        hash: row.hash,
    });
    Ok(links.collect())
}

/// How many entries there are of each chain, whatever their places, with a head or without.
pub async fn count_entries(tx: &mut SystemTx) -> Result<Vec<(Uuid, i64)>> {
    let rows = sqlx::query!(r#"SELECT tenant, count(*) AS "entries!" FROM audit_log GROUP BY tenant ORDER BY tenant"#)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.tenant, row.entries)).collect())
}

/// Accounts and organizations since a time whose chain is gone: each is made with its first entry.
pub async fn without_chain(tx: &mut SystemTx, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        r#"SELECT o.id AS "id!" FROM (SELECT id, created_at FROM users UNION ALL SELECT id, created_at FROM organizations) AS o
         WHERE o.created_at >= $1 AND NOT EXISTS (SELECT 1 FROM audit_chains c WHERE c.tenant = o.id)"#,
        since
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids)
}

/// With its seal; `None` before the installation has a master secret. Whoever changes it takes turns.
pub async fn lock_register(tx: &mut SystemTx) -> Result<Option<(Register, Vec<u8>)>> {
    sqlx::query!("SELECT 1 AS locked FROM audit_register FOR UPDATE")
        .fetch_optional(tx.conn())
        .await?;
    register(tx).await
}

pub async fn register(tx: &mut SystemTx) -> Result<Option<(Register, Vec<u8>)>> {
    let row = sqlx::query!(
        r#"SELECT number, chains, sum, since, kept_at, seal, count(*) OVER () AS "registers!" FROM audit_register ORDER BY number DESC"#
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let register = Register {
            number: row.number,
            chains: row.chains,
            // Of another length it is none of ours, and no seal holds.
            sum: row.sum.try_into().unwrap_or_default(),
            since: row.since,
            kept_at: row.kept_at,
        };
        // Of two, none is the one that was left.
        let seal = if row.registers == 1 { row.seal } else { Vec::new() };
        (register, seal)
    }))
}

pub async fn put_register(tx: &mut SystemTx, register: &Register, seal: &[u8]) -> Result<()> {
    sqlx::query!(
        "INSERT INTO audit_register (number, chains, sum, since, kept_at, seal) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (only_one) DO UPDATE SET number = $1, chains = $2, sum = $3, since = $4, kept_at = $5, seal = $6",
        register.number,
        register.chains,
        &register.sum[..],
        register.since,
        register.kept_at,
        seal
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The chains as the register last saw them.
pub async fn registered(tx: &mut SystemTx) -> Result<Vec<Head>> {
    let heads = sqlx::query_as!(
        Head,
        "SELECT chain AS tenant, length, hash FROM audit_registered ORDER BY chain"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(heads)
}

pub async fn put_registered(tx: &mut SystemTx, heads: &[Head]) -> Result<()> {
    let tenants: Vec<Uuid> = heads.iter().map(|head| head.tenant).collect();
    let lengths: Vec<i64> = heads.iter().map(|head| head.length).collect();
    let hashes: Vec<Vec<u8>> = heads.iter().map(|head| head.hash.clone()).collect();
    sqlx::query!(
        "INSERT INTO audit_registered (chain, length, hash) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bytea[])
         ON CONFLICT (chain) DO UPDATE SET length = excluded.length, hash = excluded.hash",
        &tenants,
        &lengths,
        &hashes
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn forget_registered(tx: &mut SystemTx) -> Result<()> {
    sqlx::query!("DELETE FROM audit_registered").execute(tx.conn()).await?;
    Ok(())
}

/// A chain that is not as the register saw it.
pub struct Moved {
    pub sealed: SealedHead,
    pub known: Option<Head>,
    /// What the chain has now in the place of the known head.
    pub still: Option<Vec<u8>>,
}

/// First those that saw the latest register.
pub async fn moved_chains(tx: &mut SystemTx, limit: i64) -> Result<Vec<Moved>> {
    let rows = sqlx::query!(
        r#"SELECT c.tenant, c.length, c.head_hash, c.register, c.seal, r.length AS "known_length?", r.hash AS "known_hash?",
            (SELECT e.hash FROM audit_log e WHERE e.tenant = r.chain AND e.sequence = r.length) AS still
         FROM audit_chains c LEFT JOIN audit_registered r ON r.chain = c.tenant
         WHERE r.length IS DISTINCT FROM c.length OR r.hash IS DISTINCT FROM c.head_hash
         ORDER BY c.register DESC LIMIT $1"#,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let moved = rows.into_iter().map(|row| Moved {
        known: row.known_length.zip(row.known_hash).map(|(length, hash)| Head {
            tenant: row.tenant,
            length,
            hash,
        }),
        sealed: SealedHead {
            head: Head {
                tenant: row.tenant,
                length: row.length,
                hash: row.head_hash,
            },
            register: row.register,
            seal: row.seal,
        },
        still: row.still,
    });
    Ok(moved.collect())
}
