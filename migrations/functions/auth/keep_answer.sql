-- Keeps what the transaction's person was answered under an Idempotency-Key.
CREATE OR REPLACE FUNCTION auth.keep_answer(workspace uuid, asked_operation text, used_key text, asked_hash bytea, answered smallint,
        answer jsonb, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.idempotency_keys (user_id, tenant, operation, key, request_hash, status, response, created_at)
        VALUES (NULLIF(current_setting('inventiv.user_id', true), '')::uuid, workspace, asked_operation, used_key, asked_hash, answered,
            answer, at)
$$;
REVOKE ALL ON FUNCTION auth.keep_answer FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.keep_answer TO inventiv_app;
