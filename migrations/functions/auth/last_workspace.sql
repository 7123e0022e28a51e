-- The organization that the transaction's person was in last, while they are a member of it: none for Personal. The membership stays until
-- the transaction ends.
CREATE OR REPLACE FUNCTION auth.last_workspace() RETURNS TABLE (organization_id uuid, role text, members_can_create_keys boolean)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.organization_id, m.role, o.members_can_create_keys
        FROM public.users u
        JOIN public.organization_memberships m ON m.organization_id = u.last_organization_id AND m.user_id = u.id
        JOIN public.organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
        WHERE u.id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
        FOR SHARE OF m
$$;
REVOKE ALL ON FUNCTION auth.last_workspace FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.last_workspace TO inventiv_app;
