-- Servers that serve one model each. Class "owned"; what hangs on an instance is class "child".

CREATE TABLE instances (
    id uuid PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('platform', 'organization')),
    organization_id uuid REFERENCES organizations (id),
    owner_user_id uuid,
    tenant uuid NOT NULL GENERATED ALWAYS AS (COALESCE(organization_id, owner_user_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED,
    -- The model is the tenant's own, or a public one (the nil tenant).
    model_tenant uuid NOT NULL,
    model_id uuid NOT NULL,
    provider_id uuid NOT NULL REFERENCES providers (id),
    zone_id uuid NOT NULL,
    instance_type_id uuid NOT NULL,
    -- Hardware and price as they were when the deployment was accepted.
    provider_code text NOT NULL,
    zone_code text NOT NULL,
    instance_type_code text NOT NULL,
    gpu_count integer NOT NULL,
    vram_gb integer NOT NULL,
    cost_per_hour_eur numeric(28, 12) NOT NULL CHECK (cost_per_hour_eur >= 0),

    status text NOT NULL CHECK (status IN ('awaiting_approval', 'provisioning', 'booting', 'installing', 'starting', 'ready', 'unavailable',
        'draining', 'terminating', 'terminated', 'archived', 'provisioning_failed', 'startup_failed', 'failed')),
    status_since timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    desired_state text NOT NULL DEFAULT 'running' CHECK (desired_state IN ('running', 'terminated')),
    error_code text,
    error_message text CHECK (length(error_message) <= 2000),

    tech_activated_by uuid REFERENCES users (id),
    tech_activated_at timestamptz,
    eco_activated_by uuid REFERENCES users (id),
    eco_activated_at timestamptz,
    is_operational boolean NOT NULL GENERATED ALWAYS AS (tech_activated_at IS NOT NULL AND eco_activated_at IS NOT NULL) STORED,

    provider_instance_id text,
    server_started_at timestamptz,
    address text,
    billable_since timestamptz,
    -- First of the answers that say the provider does not know it any more; absence needs two, apart.
    missing_since timestamptz,

    worker_address text,
    worker_boot_id uuid,
    worker_version text,
    worker_sequence bigint,
    worker_phase text CHECK (worker_phase IN ('installing', 'engine_starting', 'model_loading', 'warming_up', 'ready', 'degraded', 'draining', 'failed')),
    worker_in_flight integer,
    -- What the worker says is wrong; the code only when it gave up.
    worker_failure_code text CHECK (length(worker_failure_code) <= 100),
    worker_failure_message text CHECK (length(worker_failure_message) <= 2000),
    queue_depth integer,
    registered_at timestamptz,
    last_heartbeat_at timestamptz,
    good_heartbeats integer NOT NULL DEFAULT 0,
    -- The server reached the worker over its address, with the serving token.
    health_checked_at timestamptz,

    reconcile_after timestamptz NOT NULL,
    lease_owner text,
    lease_token uuid,
    lease_until timestamptz,
    attempt integer NOT NULL DEFAULT 0,

    created_by_user_id uuid REFERENCES users (id),
    created_at timestamptz NOT NULL,
    ready_at timestamptz,
    terminated_at timestamptz,
    archived_at timestamptz,

    CHECK ((scope = 'organization') = (organization_id IS NOT NULL)),
    CHECK ((scope = 'personal') = (owner_user_id IS NOT NULL)),
    CHECK (model_tenant IN (tenant, '00000000-0000-0000-0000-000000000000'::uuid)),
    FOREIGN KEY (model_tenant, model_id) REFERENCES models (tenant, id),
    FOREIGN KEY (provider_id, zone_id) REFERENCES zones (provider_id, id),
    FOREIGN KEY (provider_id, instance_type_id) REFERENCES instance_types (provider_id, id),
    UNIQUE (tenant, id)
);
CREATE INDEX instances_page ON instances (tenant, created_at DESC, id DESC);
CREATE INDEX instances_due ON instances (reconcile_after) WHERE status NOT IN ('terminated', 'archived');
CALL tenancy.protect_owned('instances');
GRANT SELECT, INSERT, UPDATE ON instances TO inventiv_app;

-- Every transition, in order.
CREATE TABLE instance_state_history (
    id uuid PRIMARY KEY,
    tenant uuid NOT NULL,
    instance_id uuid NOT NULL,
    from_status text,
    to_status text NOT NULL,
    reason text NOT NULL,
    message text CHECK (length(message) <= 2000),
    actor_user_id uuid REFERENCES users (id),
    occurred_at timestamptz NOT NULL,
    FOREIGN KEY (tenant, instance_id) REFERENCES instances (tenant, id)
);
CREATE INDEX instance_state_history_instance ON instance_state_history (tenant, instance_id, occurred_at, id);
CALL tenancy.protect_child('instance_state_history');
GRANT SELECT, INSERT ON instance_state_history TO inventiv_app;
REVOKE UPDATE, DELETE ON instance_state_history FROM inventiv_system;

-- What was asked of a provider: the intent is written before the call, the outcome after it, and an unknown outcome stays one
-- until a look-up settled it.
CREATE TABLE cloud_operations (
    id uuid PRIMARY KEY,
    tenant uuid NOT NULL,
    instance_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('create_server', 'start_server', 'delete_server')),
    attempt integer NOT NULL,
    state text NOT NULL CHECK (state IN ('intended', 'sent', 'confirmed', 'failed', 'unknown')),
    external_id text,
    error_code text,
    error_message text CHECK (length(error_message) <= 2000),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    FOREIGN KEY (tenant, instance_id) REFERENCES instances (tenant, id),
    UNIQUE (instance_id, kind, attempt)
);
CREATE INDEX cloud_operations_instance ON cloud_operations (tenant, instance_id, started_at);
-- One open operation of a kind per instance: a second create cannot even be intended.
CREATE UNIQUE INDEX cloud_operations_open ON cloud_operations (instance_id, kind) WHERE state IN ('intended', 'sent', 'unknown');
CALL tenancy.protect_child('cloud_operations');
GRANT SELECT ON cloud_operations TO inventiv_app;

-- What an instance costs from when to when: costs of any window are overlaps times price.
CREATE TABLE instance_cost_segments (
    id uuid PRIMARY KEY,
    tenant uuid NOT NULL,
    instance_id uuid NOT NULL,
    cost_per_hour_eur numeric(28, 12) NOT NULL CHECK (cost_per_hour_eur >= 0),
    period tstzrange NOT NULL CHECK (NOT isempty(period) AND NOT lower_inf(period)),
    FOREIGN KEY (tenant, instance_id) REFERENCES instances (tenant, id)
);
CREATE INDEX instance_cost_segments_tenant ON instance_cost_segments (tenant, instance_id);
CREATE UNIQUE INDEX instance_cost_segments_open ON instance_cost_segments (instance_id) WHERE upper_inf(period);
CALL tenancy.protect_child('instance_cost_segments');
GRANT SELECT ON instance_cost_segments TO inventiv_app;

-- Secrets of workers, as hashes. A bootstrap token is exchanged once for a worker token.
CREATE TABLE worker_tokens (
    id uuid PRIMARY KEY,
    tenant uuid NOT NULL,
    instance_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('bootstrap', 'worker')),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    -- The boot that used the bootstrap token, or that the worker token was given to.
    boot_id uuid,
    -- Another boot that presented the same bootstrap token while the one above may still live, and since when it asks.
    challenger_boot_id uuid,
    challenger_since timestamptz,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    FOREIGN KEY (tenant, instance_id) REFERENCES instances (tenant, id)
);
CREATE INDEX worker_tokens_instance ON worker_tokens (tenant, instance_id);
CALL tenancy.protect_child('worker_tokens');

CREATE FUNCTION auth.worker_token_by_hash(presented_hash bytea, at timestamptz)
    RETURNS TABLE (id uuid, kind text, tenant uuid, instance_id uuid, boot_id uuid, used boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.id, t.kind, t.tenant, t.instance_id, t.boot_id, t.used_at IS NOT NULL FROM public.worker_tokens t
        WHERE t.token_hash = presented_hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
$$;
REVOKE ALL ON FUNCTION auth.worker_token_by_hash(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.worker_token_by_hash(bytea, timestamptz) TO inventiv_app;
