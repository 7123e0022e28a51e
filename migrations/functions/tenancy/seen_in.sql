-- Whoever enters an organization was seen there, not only with the first request a while later.
CREATE OR REPLACE FUNCTION tenancy.seen_in(organization uuid, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.organization_memberships m SET last_seen_at = at
        WHERE m.organization_id = organization AND m.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION tenancy.seen_in FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.seen_in TO inventiv_app;
