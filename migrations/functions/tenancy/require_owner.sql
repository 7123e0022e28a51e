-- An organization that exists has an owner. Deferred to the commit; the row lock makes two concurrent demotions take turns,
-- and the count then sees what the other one committed. The weakest lock that does: auth.lock_actor of whoever waits for the
-- demoted membership holds a KEY SHARE on the organization, and must not be waited for in return. Trigger organization_last_owner.
CREATE OR REPLACE FUNCTION tenancy.require_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    organization uuid := CASE TG_OP WHEN 'INSERT' THEN NEW.organization_id ELSE OLD.organization_id END;
BEGIN
    PERFORM 1 FROM public.organizations WHERE id = organization AND deleted_at IS NULL FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (SELECT 1 FROM public.organization_memberships
            WHERE organization_id = organization AND role = 'owner') THEN
        RAISE EXCEPTION 'an organization needs an owner'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'organization_last_owner';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_owner FROM PUBLIC, inventiv_app, inventiv_system;
