-- A subject that did well begins again.
CREATE OR REPLACE FUNCTION auth.clear_login_failures(wanted text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM public.login_throttles WHERE subject = wanted
$$;
REVOKE ALL ON FUNCTION auth.clear_login_failures FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.clear_login_failures TO inventiv_app;
