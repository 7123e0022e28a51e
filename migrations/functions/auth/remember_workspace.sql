-- Sign-in of the transaction's person goes on in this organization, or in Personal for NULL. Whoever leaves an organization needs no call:
-- auth.last_workspace asks for the membership.
CREATE OR REPLACE FUNCTION auth.remember_workspace(organization uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.users u SET last_organization_id = organization
        WHERE u.id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND u.last_organization_id IS DISTINCT FROM organization
$$;
REVOKE ALL ON FUNCTION auth.remember_workspace FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.remember_workspace TO inventiv_app;
