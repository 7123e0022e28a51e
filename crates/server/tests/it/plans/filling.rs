//! Many rows at once, written past the product.

use uuid::Uuid;

use crate::harness::{TestServer, eventually};

/// Rows in the table that a test looks at.
pub const MANY: i32 = 24_000;

/// Instances of a tenant: an organization, or the platform. Most ended. A few run the model `Rare`, and a few have a name.
pub const INSTANCES: &str = "
    WITH model AS (
        INSERT INTO models (id, scope, name, model_id, engine, required_vram_gb, context_length, kind, created_at, updated_at)
        SELECT gen_random_uuid(), 'platform', name, 'plans/' || name, 'mock', 0, 4096, 'chat', now(), now()
        FROM unnest(ARRAY['Common', 'Rare']) name RETURNING id, name)
    INSERT INTO instances (id, scope, organization_id, model_tenant, model_id, provider_id, zone_id, instance_type_id, provider_code,
        zone_code, instance_type_code, gpu_count, vram_gb, cost_per_hour_eur, status, status_since, reconcile_after, created_at, name)
    SELECT gen_random_uuid(), CASE WHEN $1 IS NULL THEN 'platform' ELSE 'organization' END, $1, '00000000-0000-0000-0000-000000000000',
        m.id, t.provider_id, z.id, t.id, 'mock', z.code, t.code, t.gpu_count, 0, 1, CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'archived' END,
        now(), now() + interval '1 day', now() - n * interval '1 minute', CASE WHEN n % 6000 = 5999 THEN 'Named ' || n END
    FROM generate_series(1, $2) n
    JOIN model m ON m.name = CASE WHEN n % 8000 = 7999 THEN 'Rare' ELSE 'Common' END
    CROSS JOIN (SELECT * FROM zones ORDER BY code LIMIT 1) z CROSS JOIN (SELECT * FROM instance_types ORDER BY code LIMIT 1) t";

pub const KEYS: &str = "
    INSERT INTO api_keys (id, scope, organization_id, created_by_user_id, name, public_id, prefix, secret_hash, created_at)
    SELECT gen_random_uuid(), 'organization', $1, (SELECT min(id::text)::uuid FROM users), 'key ' || n, 'plans' || n, 'inv_' || n,
        sha256(n::text::bytea), now() - n * interval '1 minute'
    FROM generate_series(1, $2) n";

pub const MODELS: &str = "
    INSERT INTO models (id, scope, organization_id, name, model_id, engine, required_vram_gb, context_length, kind, created_at, updated_at)
    SELECT gen_random_uuid(), 'organization', $1, 'Model ' || n, 'plans/' || n, 'mock', 0, 4096, 'chat', now() - n * interval '1 minute', now()
    FROM generate_series(1, $2) n";

/// Entries of the organization's chain, by many actors, about one target.
pub const ENTRIES: &str = "
    INSERT INTO audit_log (tenant, sequence, id, occurred_at, actor_kind, actor_id, action, target_type, target_id, previous_hash, hash)
    SELECT $1, 1000000 + n, gen_random_uuid(), now() - n * interval '1 minute', 'system', NULL,
        CASE WHEN n % 8000 = 7999 THEN 'plans.rare' ELSE 'plans.common' END, 'organization', $1, '', ''
    FROM generate_series(1, $2) n";

pub const INVITATIONS: &str = "
    INSERT INTO organization_invitations (id, organization_id, email, role, token_hash, invited_by_user_id, invited_by_name, created_at, expires_at)
    SELECT gen_random_uuid(), $1, 'guest' || n || '@example.test', 'user', sha256(n::text::bytea), (SELECT min(id::text)::uuid FROM users),
        'Somebody', now() - n * interval '1 minute', now() + interval '1 day'
    FROM generate_series(1, $2) n";

/// Accounts, members of the organization when one is named.
pub const ACCOUNTS: &str = "
    WITH account AS (
        INSERT INTO users (id, email, username, created_at, updated_at)
        SELECT gen_random_uuid(), 'many' || n || '@example.test', 'many' || n, now() - n * interval '1 minute', now()
        FROM generate_series(1, $2) n RETURNING id, created_at)
    INSERT INTO organization_memberships (organization_id, user_id, role, created_at, updated_at)
    SELECT $1, id, 'user', created_at, now() FROM account WHERE $1 IS NOT NULL";

/// Organizations of somebody else, whose account is made for it.
pub const ORGANIZATIONS: &str = "
    WITH other AS (
        INSERT INTO users (id, email, username, created_at, updated_at)
        VALUES (gen_random_uuid(), 'other@example.test', 'other', now(), now()) RETURNING id),
    organization AS (
        INSERT INTO organizations (id, name, slug, color, created_by_user_id, created_at, updated_at)
        SELECT gen_random_uuid(), 'Other ' || n, 'other-' || n, '#102030', other.id, now() - n * interval '1 minute', now()
        FROM generate_series(1, $2) n CROSS JOIN other WHERE $1 IS NOT NULL RETURNING id, created_by_user_id)
    INSERT INTO organization_memberships (organization_id, user_id, role, created_at, updated_at)
    SELECT id, created_by_user_id, 'owner', now(), now() FROM organization";

/// What is filled, and what is read beside it.
const TABLES: [&str; 9] = [
    "instances",
    "instance_counts",
    "models",
    "api_keys",
    "audit_log",
    "organization_invitations",
    "users",
    "organizations",
    "organization_memberships",
];

impl TestServer {
    /// [`MANY`] rows, and statistics about them.
    pub async fn fill(&self, statement: &'static str, organization: Option<Uuid>) {
        sqlx::query(statement)
            .bind(organization)
            .bind(MANY)
            .execute(&self.owner)
            .await
            .unwrap();
        for table in TABLES {
            eventually("all rows are visible to everybody", || self.vacuum(table)).await;
        }
    }

    /// Until an index alone may answer: while an older transaction looks (autovacuum's, say), PostgreSQL doesn't mark rows so.
    async fn vacuum(&self, table: &str) -> Option<()> {
        sqlx::query(sqlx::AssertSqlSafe(format!("VACUUM ANALYZE {table}")))
            .execute(&self.owner)
            .await
            .unwrap();
        let marked: bool = sqlx::query_scalar("SELECT relallvisible = relpages FROM pg_class WHERE oid = $1::regclass")
            .bind(table)
            .fetch_one(&self.owner)
            .await
            .unwrap();
        marked.then_some(())
    }
}
