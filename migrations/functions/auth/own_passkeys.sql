-- The passkeys of the transaction's person with what their signatures are checked against, the oldest first.
CREATE OR REPLACE FUNCTION auth.own_passkeys(most bigint)
    RETURNS TABLE (id uuid, name text, rp_id text, credential jsonb, created_at timestamptz, last_used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.name, p.rp_id, p.credential, p.created_at, p.last_used_at FROM public.passkeys p
        WHERE p.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid ORDER BY p.created_at, p.id LIMIT most
$$;
REVOKE ALL ON FUNCTION auth.own_passkeys FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.own_passkeys TO inventiv_app;
