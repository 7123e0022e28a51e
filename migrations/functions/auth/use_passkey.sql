-- A passkey of the transaction's person signed: its counter moved on.
CREATE OR REPLACE FUNCTION auth.use_passkey(passkey uuid, new_credential jsonb, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.passkeys p SET credential = new_credential, last_used_at = at
        WHERE p.id = passkey AND p.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION auth.use_passkey FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.use_passkey TO inventiv_app;
