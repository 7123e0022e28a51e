-- True for the one call that uses the token.
CREATE OR REPLACE FUNCTION auth.consume_password_reset_token(presented_hash bytea, at timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH used AS (
        UPDATE public.password_reset_tokens t SET used_at = at
            WHERE t.token_hash = presented_hash AND t.used_at IS NULL AND t.expires_at > at
                AND EXISTS (SELECT 1 FROM public.users u WHERE u.id = t.user_id AND u.disabled_at IS NULL)
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;
REVOKE ALL ON FUNCTION auth.consume_password_reset_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.consume_password_reset_token TO inventiv_app;
