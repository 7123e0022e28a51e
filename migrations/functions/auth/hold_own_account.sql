-- The hash of the password of the transaction's person, as long as the account is enabled. The account is locked: what may end a
-- sign-in waits for this transaction, or is seen by it.
CREATE OR REPLACE FUNCTION auth.hold_own_account() RETURNS text
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.password_hash FROM public.users u
        WHERE u.id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND u.disabled_at IS NULL FOR NO KEY UPDATE
$$;
REVOKE ALL ON FUNCTION auth.hold_own_account FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.hold_own_account TO inventiv_app;
