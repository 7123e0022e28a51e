-- The instance that a worker speaks for, by its token.
CREATE OR REPLACE FUNCTION auth.worker_token_by_hash(presented_hash bytea, at timestamptz)
    RETURNS TABLE (id uuid, kind text, tenant uuid, instance_id uuid, boot_id uuid, used boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.id, t.kind, t.tenant, t.instance_id, t.boot_id, t.used_at IS NOT NULL FROM public.worker_tokens t
        WHERE t.token_hash = presented_hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
$$;
REVOKE ALL ON FUNCTION auth.worker_token_by_hash FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.worker_token_by_hash TO inventiv_app;
