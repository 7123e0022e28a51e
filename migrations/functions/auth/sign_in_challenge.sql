-- Whose sign-in waits for its second factor under this token.
CREATE OR REPLACE FUNCTION auth.sign_in_challenge(presented_hash bytea, at timestamptz) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.user_id FROM public.sign_in_challenges c JOIN public.users u ON u.id = c.user_id AND u.disabled_at IS NULL
        WHERE c.token_hash = presented_hash AND c.expires_at > at
$$;
REVOKE ALL ON FUNCTION auth.sign_in_challenge FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.sign_in_challenge TO inventiv_app;
