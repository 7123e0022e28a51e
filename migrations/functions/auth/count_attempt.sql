-- Counts an attempt and says how many there are in the running window: whoever counts first and looks afterwards can't be
-- overtaken by attempts that run at the same time.
CREATE OR REPLACE FUNCTION auth.count_attempt(wanted text, at timestamptz, window_seconds integer)
    RETURNS TABLE (attempts integer, window_started_at timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.login_throttles AS t (subject, failures, window_started_at) VALUES (wanted, 1, at)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.failures + 1 ELSE 1 END,
            window_started_at = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.window_started_at
                ELSE at END
        RETURNING t.failures, t.window_started_at
$$;
REVOKE ALL ON FUNCTION auth.count_attempt FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.count_attempt TO inventiv_app;
