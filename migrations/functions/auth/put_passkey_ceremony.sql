-- Keeps what a passkey of the transaction's person was asked to sign. One at a time for each purpose of a session: the one before is
-- forgotten.
CREATE OR REPLACE FUNCTION auth.put_passkey_ceremony(ceremony uuid, session uuid, wanted_purpose text, host text, new_state jsonb,
        until timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM public.passkey_ceremonies c
        WHERE c.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND c.session_id = session
            AND c.purpose = wanted_purpose;
    INSERT INTO public.passkey_ceremonies (id, user_id, session_id, purpose, rp_id, state, expires_at)
        VALUES (ceremony, NULLIF(current_setting('inventiv.user_id', true), '')::uuid, session, wanted_purpose, host, new_state, until)
$$;
REVOKE ALL ON FUNCTION auth.put_passkey_ceremony FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.put_passkey_ceremony TO inventiv_app;
