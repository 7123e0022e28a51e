-- The authenticator app of the transaction's person, locked: of two uses of one code, the second sees the first.
CREATE OR REPLACE FUNCTION auth.lock_own_totp() RETURNS TABLE (secret_encrypted bytea, confirmed_at timestamptz, last_step bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.secret_encrypted, t.confirmed_at, t.last_step FROM public.totp_authenticators t
        WHERE t.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid FOR UPDATE
$$;
REVOKE ALL ON FUNCTION auth.lock_own_totp FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.lock_own_totp TO inventiv_app;
