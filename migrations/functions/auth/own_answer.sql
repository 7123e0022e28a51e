-- The answer that the transaction's person got under this Idempotency-Key, with the hash of what was asked.
CREATE OR REPLACE FUNCTION auth.own_answer(workspace uuid, wanted_operation text, wanted_key text)
    RETURNS TABLE (request_hash bytea, status smallint, response jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.request_hash, k.status, k.response FROM public.idempotency_keys k
        WHERE k.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND k.tenant = workspace
            AND k.operation = wanted_operation AND k.key = wanted_key
$$;
REVOKE ALL ON FUNCTION auth.own_answer FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.own_answer TO inventiv_app;
