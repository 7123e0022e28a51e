-- Shows a member's new role in the member's sessions in the organization of the transaction; says which. A definer function, because
-- nobody reaches a colleague's sessions otherwise.
CREATE OR REPLACE FUNCTION tenancy.show_role_in_sessions(organization uuid, person uuid, new_role text) RETURNS SETOF uuid
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.user_sessions s SET organization_role = new_role
        WHERE s.current_organization_id = organization AND s.user_id = person AND s.revoked_at IS NULL
            AND tenancy.may_act_on_members(organization)
        RETURNING s.id
$$;
REVOKE ALL ON FUNCTION tenancy.show_role_in_sessions FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.show_role_in_sessions TO inventiv_app;
