-- The hash of a session's current token, by which its next one is made, for the transaction's person; nobody changes it before the
-- transaction ends. Null when the session ended.
CREATE OR REPLACE FUNCTION auth.lock_session_token(session uuid) RETURNS bytea
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.token_hash FROM public.user_sessions s
        WHERE s.id = session AND s.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND s.revoked_at IS NULL
        FOR UPDATE
$$;
REVOKE ALL ON FUNCTION auth.lock_session_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.lock_session_token TO inventiv_app;
