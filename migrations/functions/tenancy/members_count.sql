-- How many members an organization has, told to its members only (in Personal they see just their own memberships).
CREATE OR REPLACE FUNCTION tenancy.members_count(organization uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM public.organization_memberships m WHERE m.organization_id = organization
        AND EXISTS (SELECT 1 FROM public.organization_memberships own WHERE own.organization_id = organization
            AND own.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid)
$$;
REVOKE ALL ON FUNCTION tenancy.members_count FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.members_count TO inventiv_app, inventiv_system;
