-- True for the one call that uses the token.
CREATE OR REPLACE FUNCTION auth.consume_email_change(presented_hash bytea, at timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH used AS (
        UPDATE public.email_changes c SET used_at = at
            WHERE c.token_hash = presented_hash AND c.used_at IS NULL AND c.expires_at > at
                AND EXISTS (SELECT 1 FROM public.users u WHERE u.id = c.user_id AND u.disabled_at IS NULL)
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;
REVOKE ALL ON FUNCTION auth.consume_email_change FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.consume_email_change TO inventiv_app;
