-- One hash chain per organization, one per person, one for the platform (the nil tenant). Nobody but the owner may change or
-- remove an entry, and not even the owner does so unnoticed: the next hash covers it.

CREATE TABLE audit_chains (
    tenant uuid PRIMARY KEY,
    length bigint NOT NULL,
    head_hash bytea NOT NULL
);
CREATE TABLE audit_log (
    tenant uuid NOT NULL REFERENCES audit_chains (tenant),
    sequence bigint NOT NULL,
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'api_key', 'system')),
    actor_id uuid,
    action text NOT NULL,
    target_type text NOT NULL,
    target_id uuid,
    before jsonb,
    after jsonb,
    ip_address text,
    request_id uuid,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant, sequence)
);
CREATE UNIQUE INDEX audit_log_id ON audit_log (id);
CREATE INDEX audit_log_page ON audit_log (tenant, occurred_at DESC, id DESC);
CREATE INDEX audit_log_action ON audit_log (tenant, action, occurred_at);

CALL tenancy.lock_down('audit_chains');
CALL tenancy.lock_down('audit_log');
REVOKE UPDATE, DELETE ON audit_log FROM inventiv_system;
REVOKE DELETE ON audit_chains FROM inventiv_system;
GRANT SELECT, INSERT, UPDATE ON audit_chains TO inventiv_app;
GRANT SELECT, INSERT ON audit_log TO inventiv_app;

-- A person acting in an organization also writes to the chain of the own account (profile, sessions).
CREATE POLICY writable_chains ON audit_chains TO inventiv_app USING (
    tenant = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid
    OR tenant = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid
    OR (tenant = '00000000-0000-0000-0000-000000000000'::uuid AND (SELECT current_setting('inventiv.platform', true)) = 'on'));
CREATE POLICY writable_chains ON audit_log FOR INSERT TO inventiv_app WITH CHECK (
    tenant = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid
    OR tenant = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid
    OR (tenant = '00000000-0000-0000-0000-000000000000'::uuid AND (SELECT current_setting('inventiv.platform', true)) = 'on'));
CREATE POLICY readable_entries ON audit_log FOR SELECT TO inventiv_app USING (
    tenant = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid
    OR tenant = NULLIF((SELECT current_setting('inventiv.personal_user_id', true)), '')::uuid
    OR (tenant = '00000000-0000-0000-0000-000000000000'::uuid AND (SELECT current_setting('inventiv.platform', true)) = 'on'));

CREATE FUNCTION tenancy.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();
CREATE TRIGGER audit_log_never_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

-- Answers kept for Idempotency-Key, one's own only. Class "identity".
CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users (id),
    tenant uuid NOT NULL,
    operation text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    response jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, tenant, operation, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CALL tenancy.lock_down('idempotency_keys');
GRANT SELECT, INSERT ON idempotency_keys TO inventiv_app;
CREATE POLICY own_rows ON idempotency_keys TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
