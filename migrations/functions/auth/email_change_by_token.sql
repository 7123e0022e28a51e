-- Whose address is to become which, as long as the token is good.
CREATE OR REPLACE FUNCTION auth.email_change_by_token(presented_hash bytea, at timestamptz) RETURNS TABLE (user_id uuid, new_email text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, c.new_email
        FROM public.email_changes c JOIN public.users u ON u.id = c.user_id AND u.disabled_at IS NULL
        WHERE c.token_hash = presented_hash AND c.used_at IS NULL AND c.expires_at > at
$$;
REVOKE ALL ON FUNCTION auth.email_change_by_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.email_change_by_token TO inventiv_app;
