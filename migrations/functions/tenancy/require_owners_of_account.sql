-- Whoever can't sign in any more leaves no organization without an owner who can. As tenancy.require_owner, in the order in which everybody
-- locks several organizations. Trigger organization_last_owner of users.
CREATE OR REPLACE FUNCTION tenancy.require_owners_of_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    owned uuid;
BEGIN
    IF NEW.disabled_at IS NULL AND NEW.deleted_at IS NULL AND NEW.password_hash IS NOT NULL THEN
        RETURN NULL;
    END IF;
    FOR owned IN SELECT o.id FROM public.organizations o JOIN public.organization_memberships m ON m.organization_id = o.id
            WHERE m.user_id = NEW.id AND m.role = 'owner' AND o.deleted_at IS NULL ORDER BY o.id FOR NO KEY UPDATE OF o LOOP
        IF NOT tenancy.has_owner(owned) THEN
            RAISE EXCEPTION 'an organization needs an owner'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'organization_last_owner';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_owners_of_account FROM PUBLIC, inventiv_app, inventiv_system;
