-- A sign-in of the transaction's person that waits under this token, locked: answers to one challenge take turns.
CREATE OR REPLACE FUNCTION auth.lock_challenge(presented_hash bytea, at timestamptz)
    RETURNS TABLE (failures integer, passkey_state jsonb)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.failures, c.passkey_state FROM public.sign_in_challenges c
        WHERE c.token_hash = presented_hash AND c.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
            AND c.expires_at > at
        FOR UPDATE
$$;
REVOKE ALL ON FUNCTION auth.lock_challenge FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.lock_challenge TO inventiv_app;
