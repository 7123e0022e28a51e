-- A session was used: when, and from where.
CREATE OR REPLACE FUNCTION auth.touch_session(wanted uuid, at timestamptz, address text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH touched AS (
        UPDATE public.user_sessions SET last_used_at = at, ip_address = COALESCE(address, ip_address)
            WHERE id = wanted AND last_used_at < at RETURNING user_id, current_organization_id),
    person AS (
        UPDATE public.users u SET last_seen_at = at FROM touched WHERE u.id = touched.user_id)
    UPDATE public.organization_memberships m SET last_seen_at = at FROM touched
        WHERE m.user_id = touched.user_id AND m.organization_id = touched.current_organization_id
$$;
REVOKE ALL ON FUNCTION auth.touch_session FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.touch_session TO inventiv_app;
