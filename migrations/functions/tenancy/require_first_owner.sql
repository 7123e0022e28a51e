-- A new organization has an owner by the end of the transaction that founds it. Trigger organization_first_owner.
CREATE OR REPLACE FUNCTION tenancy.require_first_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.organization_memberships WHERE organization_id = NEW.id AND role = 'owner') THEN
        RAISE EXCEPTION 'an organization needs an owner'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'organization_last_owner';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_first_owner FROM PUBLIC, inventiv_app, inventiv_system;
