-- Who acted and on whom, for the readers of an organization's log, also when those people have left: the organization knew them, and
-- a log that forgets who was removed says nothing. Nobody else's names, and none of accounts that were closed. Of the wanted ones all,
-- or with a `pattern` those whose address is like it. OFFSET 0 has the log asked for each person by its indexes; otherwise
-- PostgreSQL may read all of the log to know who is in it.
CREATE OR REPLACE FUNCTION tenancy.people_of_log(wanted uuid[], pattern text) RETURNS TABLE (id uuid, email text, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.email, btrim(u.first_name || ' ' || u.last_name)
    FROM (SELECT DISTINCT w.id FROM unnest(wanted) AS w (id)) AS w JOIN public.users u ON u.id = w.id
    WHERE (pattern IS NULL OR u.email ILIKE pattern) AND (
        u.id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
        OR current_setting('inventiv.platform', true) = 'on'
        OR u.deleted_at IS NULL AND EXISTS (SELECT 1 FROM public.audit_log e WHERE e.actor_id = u.id AND e.actor_kind = 'user'
            AND e.tenant = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid OFFSET 0)
        OR u.deleted_at IS NULL AND EXISTS (SELECT 1 FROM public.audit_log e WHERE e.target_id = u.id AND e.target_type = 'user'
            AND e.tenant = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid OFFSET 0))
$$;
REVOKE ALL ON FUNCTION tenancy.people_of_log FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.people_of_log TO inventiv_app;
