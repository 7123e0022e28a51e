-- The account that somebody wants to sign in to, by address or username, and whether the password alone is enough. Nobody who is signed
-- in may ask: it tells the hash of anybody's password.
CREATE OR REPLACE FUNCTION auth.user_by_login(wanted text)
    RETURNS TABLE (id uuid, password_hash text, disabled boolean, has_second_factor boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.password_hash, u.disabled_at IS NOT NULL,
           EXISTS (SELECT 1 FROM public.totp_authenticators t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
               OR EXISTS (SELECT 1 FROM public.passkeys p WHERE p.user_id = u.id)
        FROM public.users u
        WHERE (u.email = lower(btrim(wanted)) OR u.username = lower(btrim(wanted)))
            AND NULLIF(current_setting('inventiv.user_id', true), '') IS NULL
        ORDER BY (u.email = lower(btrim(wanted))) DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION auth.user_by_login FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.user_by_login TO inventiv_app;
