-- One more failure of a subject, in the running window or in a new one.
CREATE OR REPLACE FUNCTION auth.record_login_failure(wanted text, at timestamptz, window_seconds integer) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.login_throttles AS t (subject, failures, window_started_at) VALUES (wanted, 1, at)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.failures + 1 ELSE 1 END,
            window_started_at = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.window_started_at
                ELSE at END
$$;
REVOKE ALL ON FUNCTION auth.record_login_failure FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.record_login_failure TO inventiv_app;
