-- Locks the live sessions in the organization of the transaction, in the order that everybody keeps to.
CREATE OR REPLACE FUNCTION tenancy.hold_sessions(organization uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF tenancy.may_act_on_members(organization) THEN
        PERFORM 1 FROM public.user_sessions s WHERE s.current_organization_id = organization AND s.revoked_at IS NULL
            ORDER BY s.id FOR UPDATE;
    END IF;
END $$;
REVOKE ALL ON FUNCTION tenancy.hold_sessions FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.hold_sessions TO inventiv_app;
