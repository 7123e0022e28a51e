-- The recovery codes of the transaction's person are these from now on.
CREATE OR REPLACE FUNCTION auth.replace_recovery_codes(hashes bytea[], at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM public.recovery_codes r WHERE r.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
    INSERT INTO public.recovery_codes (user_id, code_hash, created_at)
        SELECT NULLIF(current_setting('inventiv.user_id', true), '')::uuid, hash, at FROM unnest(hashes) AS hash
$$;
REVOKE ALL ON FUNCTION auth.replace_recovery_codes FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.replace_recovery_codes TO inventiv_app;
