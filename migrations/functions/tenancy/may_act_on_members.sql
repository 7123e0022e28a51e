-- Whether the transaction's person is more than a plain member of the transaction's organization. Which roles may do what, the program
-- decides; this keeps everybody else's hands off colleagues' sessions and off invitations. Called by other functions only.
CREATE OR REPLACE FUNCTION tenancy.may_act_on_members(organization uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT organization = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid AND EXISTS (SELECT 1
        FROM public.organization_memberships m WHERE m.organization_id = organization AND m.role <> 'user'
            AND m.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid)
$$;
REVOKE ALL ON FUNCTION tenancy.may_act_on_members FROM PUBLIC, inventiv_app, inventiv_system;
