-- The person's own role in an organization, for entering it. The organization's row is locked against changes of its members
-- until the end of the transaction: a removal either is seen here or finds the session that entered.
CREATE OR REPLACE FUNCTION tenancy.lock_own_role(organization uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    PERFORM 1 FROM public.organization_memberships m WHERE m.organization_id = organization AND m.user_id = person;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM public.organizations o WHERE o.id = organization AND o.deleted_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT m.role FROM public.organization_memberships m WHERE m.organization_id = organization AND m.user_id = person);
END $$;
REVOKE ALL ON FUNCTION tenancy.lock_own_role FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.lock_own_role TO inventiv_app;
