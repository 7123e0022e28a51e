-- A key of the transaction's workspace: the organization's, or the person's in Personal. A key that takes another's place counts as made
-- by who made that one.
CREATE OR REPLACE FUNCTION auth.create_api_key(key uuid, made_member_bound boolean, replaced uuid, key_name text, key_public_id text,
        key_prefix text, key_hash bytea, models text[], until timestamptz, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH workspace AS (
        SELECT NULLIF(current_setting('inventiv.user_id', true), '')::uuid AS person,
            NULLIF(current_setting('inventiv.organization_id', true), '')::uuid AS organization,
            NULLIF(current_setting('inventiv.personal_user_id', true), '')::uuid AS owner)
    INSERT INTO public.api_keys (id, scope, organization_id, owner_user_id, created_by_user_id, member_bound, name, public_id, prefix,
            secret_hash, allowed_models, expires_at, created_at, rotated_from)
        SELECT key, CASE WHEN w.organization IS NULL THEN 'personal' ELSE 'organization' END, w.organization, w.owner,
               COALESCE((SELECT k.created_by_user_id FROM public.api_keys k
                   WHERE k.tenant = COALESCE(w.organization, w.owner) AND k.id = replaced), w.person),
               made_member_bound, key_name, key_public_id, key_prefix, key_hash, models, until, at, replaced
        FROM workspace w
$$;
REVOKE ALL ON FUNCTION auth.create_api_key FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.create_api_key TO inventiv_app;
