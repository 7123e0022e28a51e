-- One more wrong answer to a challenge of the transaction's person.
CREATE OR REPLACE FUNCTION auth.count_challenge_failure(presented_hash bytea) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.sign_in_challenges c SET failures = c.failures + 1
        WHERE c.token_hash = presented_hash AND c.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION auth.count_challenge_failure FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.count_challenge_failure TO inventiv_app;
