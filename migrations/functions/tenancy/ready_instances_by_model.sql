-- How many instances are ready, by model: what models, which instances build on, may know of them. Of the tenants asked for, as far
-- as whoever asks sees them.
CREATE OR REPLACE FUNCTION tenancy.ready_instances_by_model(tenants uuid[]) RETURNS TABLE (model_id uuid, ready bigint)
    LANGUAGE sql STABLE SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.model_id, count(*) FROM public.instances i WHERE i.tenant = ANY(tenants) AND i.status = 'ready' GROUP BY i.model_id
$$;
REVOKE ALL ON FUNCTION tenancy.ready_instances_by_model FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.ready_instances_by_model TO inventiv_app;
