-- What a request knows of its principal, locked until the transaction ends: a demotion or revocation waits for the write, or the write
-- sees it.
CREATE OR REPLACE FUNCTION auth.lock_actor(wanted uuid, at timestamptz)
    RETURNS TABLE (platform_role text, organization_id uuid, organization_role text, members_can_create_keys boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    session public.user_sessions%ROWTYPE;
BEGIN
    SELECT s.* INTO session FROM public.user_sessions s
        WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > at FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT u.platform_role INTO platform_role FROM public.users u
        WHERE u.id = session.user_id AND u.disabled_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    organization_id := session.current_organization_id;
    IF organization_id IS NOT NULL THEN
        SELECT o.members_can_create_keys INTO members_can_create_keys FROM public.organizations o
            WHERE o.id = session.current_organization_id AND o.deleted_at IS NULL FOR KEY SHARE;
        IF FOUND THEN
            SELECT m.role INTO organization_role FROM public.organization_memberships m
                WHERE m.organization_id = session.current_organization_id AND m.user_id = session.user_id FOR SHARE;
        END IF;
    END IF;
    RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION auth.lock_actor FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.lock_actor TO inventiv_app, inventiv_system;
