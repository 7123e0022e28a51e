-- Keys to the gateway. Class "owned". Only a hash of the secret is kept; the public id finds it.

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('personal', 'organization')),
    organization_id uuid REFERENCES organizations (id),
    owner_user_id uuid REFERENCES users (id),
    tenant uuid NOT NULL GENERATED ALWAYS AS (COALESCE(organization_id, owner_user_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED,
    created_by_user_id uuid NOT NULL REFERENCES users (id),
    -- Made under members_can_create_keys: dies with its creator's membership.
    member_bound boolean NOT NULL DEFAULT false,
    name text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 100),
    public_id text NOT NULL UNIQUE,
    -- What lists show: enough to recognise the key, nothing to use it.
    prefix text NOT NULL,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    allowed_models text[] CHECK (cardinality(allowed_models) BETWEEN 1 AND 100),
    expires_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by_user_id uuid REFERENCES users (id),
    CHECK ((scope = 'organization') = (organization_id IS NOT NULL)),
    CHECK ((scope = 'personal') = (owner_user_id IS NOT NULL)),
    CHECK (NOT member_bound OR scope = 'organization'),
    UNIQUE (tenant, id)
);
CREATE INDEX api_keys_page ON api_keys (tenant, created_at DESC, id DESC);
CALL tenancy.protect_owned('api_keys');
GRANT SELECT, INSERT, UPDATE ON api_keys TO inventiv_app;

-- What the gateway must know to admit a key; nothing when the key does not exist or its people and organization ended.
CREATE FUNCTION auth.api_key_by_public_id(wanted text)
    RETURNS TABLE (
        id uuid, secret_hash bytea, name text, tenant uuid, organization_id uuid, owner_user_id uuid, created_by_user_id uuid,
        allowed_models text[], expires_at timestamptz, revoked boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.secret_hash, k.name, k.tenant, k.organization_id, k.owner_user_id, k.created_by_user_id, k.allowed_models, k.expires_at,
           k.revoked_at IS NOT NULL
        OR (k.scope = 'organization' AND o.id IS NULL)
        OR ((k.scope = 'personal' OR k.member_bound) AND u.disabled_at IS NOT NULL)
        OR (k.member_bound AND m.user_id IS NULL)
        FROM public.api_keys k
        JOIN public.users u ON u.id = k.created_by_user_id
        LEFT JOIN public.organizations o ON o.id = k.organization_id AND o.deleted_at IS NULL
        LEFT JOIN public.organization_memberships m ON m.organization_id = k.organization_id AND m.user_id = k.created_by_user_id
        WHERE k.public_id = wanted
$$;
REVOKE ALL ON FUNCTION auth.api_key_by_public_id(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.api_key_by_public_id(text) TO inventiv_app;
