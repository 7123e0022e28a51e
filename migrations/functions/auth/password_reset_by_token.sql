-- Whose token this is, as long as it is good; `shown` to somebody else, it proves nothing about the mailbox.
CREATE OR REPLACE FUNCTION auth.password_reset_by_token(presented_hash bytea, at timestamptz)
    RETURNS TABLE (user_id uuid, email text, username text, first_name text, last_name text, organizations text[], shown boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.email, u.username, u.first_name, u.last_name,
            ARRAY(SELECT o.name FROM public.organization_memberships m JOIN public.organizations o ON o.id = m.organization_id
                WHERE m.user_id = u.id),
            t.shown
        FROM public.password_reset_tokens t JOIN public.users u ON u.id = t.user_id AND u.disabled_at IS NULL
        WHERE t.token_hash = presented_hash AND t.used_at IS NULL AND t.expires_at > at
$$;
REVOKE ALL ON FUNCTION auth.password_reset_by_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.password_reset_by_token TO inventiv_app;
