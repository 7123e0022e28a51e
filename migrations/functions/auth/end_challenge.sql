-- Forgets a challenge of the transaction's person.
CREATE OR REPLACE FUNCTION auth.end_challenge(presented_hash bytea) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM public.sign_in_challenges c
        WHERE c.token_hash = presented_hash AND c.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION auth.end_challenge FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.end_challenge TO inventiv_app;
