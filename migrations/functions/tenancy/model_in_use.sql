-- Whether an instance that isn't over yet runs one of the workspace's own models. Asked across tenants: a public model runs anywhere.
-- Whose model it isn't learns nothing.
CREATE OR REPLACE FUNCTION tenancy.model_in_use(wanted uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM public.models m JOIN public.instances i ON i.model_tenant = m.tenant AND i.model_id = m.id
        WHERE m.id = wanted AND NOT i.is_ended AND NOT i.has_failed
            AND (m.tenant = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid
                OR (m.scope = 'platform' AND current_setting('inventiv.platform', true) = 'on')))
$$;
REVOKE ALL ON FUNCTION tenancy.model_in_use FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.model_in_use TO inventiv_app;
