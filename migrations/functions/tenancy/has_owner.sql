-- Is there an owner who can sign in? Neither a disabled account is one, nor one whose password was never chosen.
CREATE OR REPLACE FUNCTION tenancy.has_owner(organization uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM public.organization_memberships m JOIN public.users u ON u.id = m.user_id
        WHERE m.organization_id = organization AND m.role = 'owner' AND u.disabled_at IS NULL AND u.deleted_at IS NULL
            AND u.password_hash IS NOT NULL)
$$;
REVOKE ALL ON FUNCTION tenancy.has_owner FROM PUBLIC, inventiv_app, inventiv_system;
