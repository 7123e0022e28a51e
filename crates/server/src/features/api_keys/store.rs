//! SQL of `api_keys`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rules::{KeyState, KeyStatus};
use crate::error::Result;
use crate::plumbing::db::{Db, SystemTx, TenantTx, WriteTx, read_words};
use crate::plumbing::edge::paging::Paging;

read_words!(KeyState);

/// A key as its workspace sees it.
#[derive(Debug, Clone)]
pub struct KeyRow {
    pub id: Uuid,
    pub scope: String,
    pub organization_id: Option<Uuid>,
    pub created_by_user_id: Uuid,
    pub member_bound: bool,
    pub name: String,
    pub prefix: String,
    pub state: KeyState,
    pub allowed_models: Option<Vec<String>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key whose place it takes, with its prefix.
    pub rotated_from: Option<Uuid>,
    pub rotated_from_prefix: Option<String>,
    /// The key that takes its place, with its prefix.
    pub rotated_to: Option<Uuid>,
    pub rotated_to_prefix: Option<String>,
}

pub async fn list(tx: &mut TenantTx, status: Option<KeyStatus>, paging: &Paging) -> Result<Vec<KeyRow>> {
    select(tx, None, status, paging).await
}

async fn select(
    tx: &mut TenantTx,
    id: Option<Uuid>,
    status: Option<KeyStatus>,
    paging: &Paging,
) -> Result<Vec<KeyRow>> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    let (beyond_at, beyond_id) = paging.beyond();
    let (state, expires_before) = status.map(|status| status.bounds(now)).unzip();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                KeyRow,
                r#"SELECT id, scope, organization_id, created_by_user_id, member_bound, name, prefix, state AS "state!: KeyState", allowed_models, expires_at,
                    last_used_at, created_at, revoked_at, rotated_from, rotated_from_prefix AS "rotated_from_prefix?", rotated_to AS "rotated_to?",
                    rotated_to_prefix AS "rotated_to_prefix?"
                 FROM unnest($1::uuid[]) AS own (tenant)
                 CROSS JOIN LATERAL (
                    SELECT k.id, k.scope, k.organization_id, k.created_by_user_id, k.member_bound, k.name, k.prefix, k.allowed_models,
                         k.expires_at, k.last_used_at, k.created_at, k.revoked_at, k.rotated_from, s.state, previous.prefix AS rotated_from_prefix, next.id AS rotated_to, next.prefix AS rotated_to_prefix
                    FROM api_keys k
                    LEFT JOIN api_keys previous ON previous.tenant = k.tenant AND previous.id = k.rotated_from
                    LEFT JOIN api_keys next ON next.tenant = k.tenant AND next.rotated_from = k.id
                    CROSS JOIN LATERAL (SELECT api_key_state(k.revoked_at, k.expires_at, next.id IS NOT NULL, $7)) AS s (state)
                    WHERE k.tenant = own.tenant AND (k.created_at, k.id) "# + $beyond + r#" ($3::timestamptz, $4::uuid)
                        AND ($2 = '%' OR k.name ILIKE $2 OR k.prefix ILIKE $2) AND ($6::text IS NULL OR k.scope = $6)
                        AND ($8::uuid IS NULL OR k.id = $8)
                        AND ($9::text IS NULL OR s.state = $9) AND ($10::timestamptz IS NULL OR k.expires_at <= $10)
                    ORDER BY k.created_at "# + $order + ", k.id " + $order + " LIMIT $5) AS page
                 ORDER BY created_at " + $order + ", id " + $order + " LIMIT $5",
                &tenants,
                paging.pattern,
                beyond_at,
                beyond_id,
                paging.fetch(),
                paging.scope,
                now,
                id,
                state.map(KeyState::as_str),
                expires_before.flatten(),
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    })
}

/// How many keys there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Those that expire soon included.
    pub active: i64,
    pub expiring: i64,
    pub rotating: i64,
    pub expired: i64,
    pub revoked: i64,
}

impl KeyCounts {
    /// Of one state, or of all.
    pub fn of(&self, status: Option<KeyStatus>) -> i64 {
        match status {
            None => self.active + self.rotating + self.expired + self.revoked,
            Some(KeyStatus::Active) => self.active,
            Some(KeyStatus::Expiring) => self.expiring,
            Some(KeyStatus::Rotating) => self.rotating,
            Some(KeyStatus::Expired) => self.expired,
            Some(KeyStatus::Revoked) => self.revoked,
        }
    }
}

/// Of all that [`list`] finds in any state, on all pages together.
pub async fn count(tx: &mut TenantTx, paging: &Paging) -> Result<KeyCounts> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    let (_, soon) = KeyStatus::Expiring.bounds(now);
    Ok(sqlx::query_as!(
        KeyCounts,
        r#"SELECT count(*) FILTER (WHERE state = 'active') AS "active!",
            count(*) FILTER (WHERE state = 'active' AND expires_at <= $5) AS "expiring!",
            count(*) FILTER (WHERE state = 'rotating') AS "rotating!", count(*) FILTER (WHERE state = 'expired') AS "expired!",
            count(*) FILTER (WHERE state = 'revoked') AS "revoked!"
         FROM (
            SELECT k.expires_at, api_key_state(k.revoked_at, k.expires_at, next.id IS NOT NULL, $4) AS state
            FROM api_keys k LEFT JOIN api_keys next ON next.tenant = k.tenant AND next.rotated_from = k.id
            WHERE k.tenant = ANY($1) AND ($2 = '%' OR k.name ILIKE $2 OR k.prefix ILIKE $2) AND ($3::text IS NULL OR k.scope = $3)) AS found"#,
        &tenants,
        paging.pattern,
        paging.scope,
        now,
        soon,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// One key of the workspace, held until the end of the transaction.
pub async fn lock(tx: &mut WriteTx, id: Uuid) -> Result<Option<KeyRow>> {
    let tenants = tx.tenants();
    sqlx::query!(
        "SELECT id FROM api_keys WHERE tenant = ANY($1) AND id = $2 FOR UPDATE",
        &tenants,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(select(tx, Some(id), None, &Paging::first(1)).await?.pop())
}

/// Prefixes of keys of the workspace, and whether another key took their place.
pub async fn recognised(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, String, bool)>> {
    let tenants = tx.tenants();
    let rows = sqlx::query!(
        r#"SELECT k.id, k.prefix, EXISTS (SELECT 1 FROM api_keys n WHERE n.tenant = k.tenant AND n.rotated_from = k.id) AS "replaced!"
         FROM api_keys k WHERE k.tenant = ANY($1) AND k.id = ANY($2)"#,
        &tenants,
        ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.prefix, row.replaced)).collect())
}

pub struct InsertedKey<'a> {
    pub id: Uuid,
    pub member_bound: bool,
    /// The key whose place it takes: whoever made that one counts as having made this one, too.
    pub rotated_from: Option<Uuid>,
    pub name: &'a str,
    pub public_id: &'a str,
    pub prefix: &'a str,
    pub secret_hash: &'a [u8],
    pub allowed_models: Option<&'a [String]>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a key of the workspace: the organization's, or the person's in Personal.
pub async fn insert(tx: &mut WriteTx, key: &InsertedKey<'_>) -> Result<()> {
    let now = tx.operation().request.now;
    sqlx::query!(
        "SELECT auth.create_api_key($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        key.id,
        key.member_bound,
        key.rotated_from,
        key.name,
        key.public_id,
        key.prefix,
        key.secret_hash,
        key.allowed_models,
        key.expires_at,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

pub async fn update(
    tx: &mut WriteTx,
    id: Uuid,
    name: &str,
    expires_at: Option<DateTime<Utc>>,
    allowed_models: Option<&[String]>,
) -> Result<()> {
    let tenants = tx.tenants();
    sqlx::query!(
        "UPDATE api_keys SET name = $3, expires_at = $4, allowed_models = $5 WHERE tenant = ANY($1) AND id = $2",
        &tenants,
        id,
        name,
        expires_at,
        allowed_models,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn revoke(tx: &mut WriteTx, id: Uuid) -> Result<()> {
    let tenants = tx.tenants();
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    sqlx::query!(
        "UPDATE api_keys SET revoked_at = $3, revoked_by_user_id = $4 WHERE tenant = ANY($1) AND id = $2 AND revoked_at IS NULL",
        &tenants,
        id,
        now,
        user_id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the gateway knows of a key.
#[derive(Debug, Clone)]
pub struct AdmissionRow {
    pub id: Uuid,
    pub secret_hash: Vec<u8>,
    pub name: String,
    pub tenant: Uuid,
    pub organization_id: Option<Uuid>,
    pub created_by_user_id: Uuid,
    pub allowed_models: Option<Vec<String>>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Revoked, or its people or organization ended.
    pub revoked: bool,
}

/// The key with this public id, whoever owns it: the caller still has to prove that the key is theirs.
pub async fn by_public_id(db: &Db, public_id: &str) -> Result<Option<AdmissionRow>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query_as!(
        AdmissionRow,
        r#"SELECT id AS "id!", secret_hash AS "secret_hash!", name AS "name!", tenant AS "tenant!", organization_id,
            created_by_user_id AS "created_by_user_id!", allowed_models, expires_at, revoked AS "revoked!"
         FROM auth.api_key_by_public_id($1)"#,
        public_id,
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row)
}

/// Notes when keys were last used; a time before the one already known changes nothing.
pub async fn touch(tx: &mut SystemTx, ids: &[Uuid], used_at: &[DateTime<Utc>]) -> Result<()> {
    sqlx::query!(
        "UPDATE api_keys k SET last_used_at = used.at
         FROM (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) ORDER BY id) used
         WHERE k.id = used.id AND (k.last_used_at IS NULL OR k.last_used_at < used.at)",
        ids,
        used_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
