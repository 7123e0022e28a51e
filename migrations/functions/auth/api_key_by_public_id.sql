-- What the gateway must know to admit a key; nothing when the key does not exist. Revoked also when its people or organization ended.
-- Nobody who is signed in may ask: it tells the hash of anybody's key.
CREATE OR REPLACE FUNCTION auth.api_key_by_public_id(wanted text)
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
        WHERE k.public_id = wanted AND NULLIF(current_setting('inventiv.user_id', true), '') IS NULL
$$;
REVOKE ALL ON FUNCTION auth.api_key_by_public_id FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.api_key_by_public_id TO inventiv_app;
