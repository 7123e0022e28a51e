-- The number of the register of the audit log's chains, which every new head carries; 0 before there is one. A mere count of its changes:
-- whoever writes an entry may know it.
CREATE OR REPLACE FUNCTION tenancy.audit_register_number() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT COALESCE(max(number), 0) FROM public.audit_register
$$;
REVOKE ALL ON FUNCTION tenancy.audit_register_number FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.audit_register_number TO inventiv_app, inventiv_system;
