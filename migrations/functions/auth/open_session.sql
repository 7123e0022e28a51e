-- A session for the transaction's person, where they were last, who proved a moment ago who they are.
CREATE OR REPLACE FUNCTION auth.open_session(session uuid, new_hash bytea, at timestamptz, address text, agent text, until timestamptz)
    RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.user_sessions (id, user_id, token_hash, token_issued_at, ip_address, user_agent, created_at, last_used_at,
            expires_at, authenticated_at, current_organization_id, organization_role)
        SELECT session, NULLIF(current_setting('inventiv.user_id', true), '')::uuid, new_hash, at, address, agent, at, at,
            until, at, place.organization_id, place.role
        FROM (SELECT 1) AS one LEFT JOIN auth.last_workspace() AS place ON true
$$;
REVOKE ALL ON FUNCTION auth.open_session FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.open_session TO inventiv_app;
