-- An organization that exists has an owner who can sign in: none of its owners goes unless one is left. Deferred to the commit; the row
-- lock makes two concurrent demotions take turns, and the count then sees what the other one committed. The weakest lock that does:
-- auth.lock_actor of whoever waits for the demoted membership holds a KEY SHARE on the organization, and must not be waited for in
-- return. Trigger organization_last_owner of memberships.
CREATE OR REPLACE FUNCTION tenancy.require_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.role <> 'owner' THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM public.organizations WHERE id = OLD.organization_id AND deleted_at IS NULL FOR NO KEY UPDATE;
    IF FOUND AND NOT tenancy.has_owner(OLD.organization_id) THEN
        RAISE EXCEPTION 'an organization needs an owner'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'organization_last_owner';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_owner FROM PUBLIC, inventiv_app, inventiv_system;
