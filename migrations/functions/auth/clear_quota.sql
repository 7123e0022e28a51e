-- A subject that did well begins again.
CREATE OR REPLACE FUNCTION auth.clear_quota(wanted text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM public.login_throttles WHERE subject = wanted
$$;
REVOKE ALL ON FUNCTION auth.clear_quota FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.clear_quota TO inventiv_app;
