-- How many failures a subject has in the running window.
CREATE OR REPLACE FUNCTION auth.login_failures(wanted text, at timestamptz, window_seconds integer)
    RETURNS TABLE (failures integer, window_started_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.failures, t.window_started_at FROM public.login_throttles t
        WHERE t.subject = wanted AND t.window_started_at > at - make_interval(secs => window_seconds)
$$;
REVOKE ALL ON FUNCTION auth.login_failures FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.login_failures TO inventiv_app;
