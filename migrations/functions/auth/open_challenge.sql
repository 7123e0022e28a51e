-- The transaction's person gave the right password and owes the second factor. `state`: what a passkey is asked to sign.
CREATE OR REPLACE FUNCTION auth.open_challenge(new_hash bytea, at timestamptz, until timestamptz, state jsonb) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.sign_in_challenges (token_hash, user_id, created_at, expires_at, passkey_state)
        VALUES (new_hash, NULLIF(current_setting('inventiv.user_id', true), '')::uuid, at, until, state)
$$;
REVOKE ALL ON FUNCTION auth.open_challenge FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.open_challenge TO inventiv_app;
