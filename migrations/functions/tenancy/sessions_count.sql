-- How many live sessions work in the organization of the transaction, told to those who act on its members.
CREATE OR REPLACE FUNCTION tenancy.sessions_count(organization uuid, at timestamptz) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM public.user_sessions s
        WHERE s.current_organization_id = organization AND s.revoked_at IS NULL AND s.expires_at > at
            AND tenancy.may_act_on_members(organization)
$$;
REVOKE ALL ON FUNCTION tenancy.sessions_count FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.sessions_count TO inventiv_app;
