-- An authenticator app for the transaction's person, in the place of one that was never confirmed. False when there is one that was.
CREATE OR REPLACE FUNCTION auth.put_unconfirmed_totp(sealed bytea, at timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH put AS (
        INSERT INTO public.totp_authenticators AS t (user_id, secret_encrypted, created_at)
            VALUES (NULLIF(current_setting('inventiv.user_id', true), '')::uuid, sealed, at)
            ON CONFLICT (user_id) DO UPDATE SET secret_encrypted = sealed, created_at = at WHERE t.confirmed_at IS NULL
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM put)
$$;
REVOKE ALL ON FUNCTION auth.put_unconfirmed_totp FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.put_unconfirmed_totp TO inventiv_app;
