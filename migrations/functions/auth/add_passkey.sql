-- Another passkey for the transaction's person.
CREATE OR REPLACE FUNCTION auth.add_passkey(passkey uuid, passkey_name text, host text, new_credential_id bytea, new_credential jsonb,
        at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.passkeys (id, user_id, name, rp_id, credential_id, credential, created_at)
        VALUES (passkey, NULLIF(current_setting('inventiv.user_id', true), '')::uuid, passkey_name, host, new_credential_id,
            new_credential, at)
$$;
REVOKE ALL ON FUNCTION auth.add_passkey FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.add_passkey TO inventiv_app;
