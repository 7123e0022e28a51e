-- Uses a recovery code of the transaction's person. False for one that isn't, or was used.
CREATE OR REPLACE FUNCTION auth.use_recovery_code(presented_hash bytea, at timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH used AS (
        UPDATE public.recovery_codes r SET used_at = at
            WHERE r.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND r.code_hash = presented_hash
                AND r.used_at IS NULL
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;
REVOKE ALL ON FUNCTION auth.use_recovery_code FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.use_recovery_code TO inventiv_app;
