-- What the password of the transaction's person is checked against; NULL for an account without one.
CREATE OR REPLACE FUNCTION auth.own_password_hash() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.password_hash FROM public.users u WHERE u.id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION auth.own_password_hash FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.own_password_hash TO inventiv_app;
