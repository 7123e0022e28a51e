-- One row per inference request. Class "two-sided": the consumer who asked and pays, the provider whose instance served; the
-- metering writer (system role) is the only one to insert. Partitioned by month of the request's start, which is part of its
-- identity: a replayed event carries the same request id and the same start.

CREATE TABLE inference_usage (
    request_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    consumer_tenant uuid NOT NULL,
    consumer_organization_id uuid,
    consumer_user_id uuid,
    api_key_id uuid,
    -- The key's name when the request ran: a deleted or renamed key keeps its history readable.
    api_key_name text,
    provider_tenant uuid NOT NULL,
    instance_id uuid,
    model_tenant uuid NOT NULL,
    model_id uuid NOT NULL,
    model_name text NOT NULL,
    -- Buckets that do not overlap.
    uncached_input_tokens bigint NOT NULL CHECK (uncached_input_tokens >= 0),
    cached_input_tokens bigint NOT NULL CHECK (cached_input_tokens >= 0),
    output_tokens bigint NOT NULL CHECK (output_tokens >= 0),
    reasoning_tokens bigint NOT NULL CHECK (reasoning_tokens >= 0),
    price_id uuid,
    charge_eur numeric(28, 12) NOT NULL CHECK (charge_eur >= 0),
    outcome text NOT NULL CHECK (outcome IN ('complete', 'partial', 'abandoned', 'failed')),
    http_status smallint NOT NULL,
    streamed boolean NOT NULL,
    latency_ms integer NOT NULL CHECK (latency_ms >= 0),
    first_token_ms integer CHECK (first_token_ms >= 0),
    -- A replay with the same id and another content is an alarm, never an overwrite.
    payload_hash bytea NOT NULL CHECK (length(payload_hash) = 32),
    CHECK (charge_eur = 0 OR price_id IS NOT NULL),
    FOREIGN KEY (model_tenant, price_id) REFERENCES model_prices (tenant, id),
    PRIMARY KEY (request_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX inference_usage_consumer ON inference_usage (consumer_tenant, started_at);
CREATE INDEX inference_usage_provider ON inference_usage (provider_tenant, started_at);

CALL tenancy.lock_down('inference_usage');
REVOKE UPDATE, DELETE ON inference_usage FROM inventiv_system;
GRANT SELECT ON inference_usage TO inventiv_app;
CREATE POLICY consumer_organization ON inference_usage FOR SELECT TO inventiv_app
    USING (consumer_tenant = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);
CREATE POLICY consumer_person ON inference_usage FOR SELECT TO inventiv_app
    USING (consumer_tenant = NULLIF((SELECT current_setting('inventiv.personal_user_id', true)), '')::uuid);
CREATE POLICY provider_organization ON inference_usage FOR SELECT TO inventiv_app
    USING (provider_tenant = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);
CREATE POLICY provider_platform ON inference_usage FOR SELECT TO inventiv_app
    USING (provider_tenant = '00000000-0000-0000-0000-000000000000'::uuid
        AND (SELECT current_setting('inventiv.platform', true)) = 'on');
CREATE TRIGGER inference_usage_append_only BEFORE UPDATE OR DELETE ON inference_usage
    FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();
CREATE TRIGGER inference_usage_never_emptied BEFORE TRUNCATE ON inference_usage
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

-- Partitions are made by a job a month ahead; a definer function, because the job's role owns nothing. What no month covers
-- (a clock far off) lands in the default partition instead of being refused.
CREATE TABLE inference_usage_default PARTITION OF inference_usage DEFAULT;
CALL tenancy.lock_down('inference_usage_default');
REVOKE ALL ON inference_usage_default FROM inventiv_system;
CREATE FUNCTION tenancy.ensure_usage_partition(month date) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    partition text := 'inference_usage_' || to_char(first_day, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext(partition));
    IF to_regclass('public.' || partition) IS NULL AND NOT EXISTS (SELECT 1 FROM public.inference_usage_default
            WHERE started_at >= first_day AND started_at < first_day + interval '1 month') THEN
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.inference_usage FOR VALUES FROM (%L) TO (%L)', partition,
            first_day::timestamp AT TIME ZONE 'UTC', (first_day + interval '1 month')::timestamp AT TIME ZONE 'UTC');
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', partition);
        EXECUTE format('CREATE POLICY owner_all ON public.%I TO CURRENT_USER USING (true) WITH CHECK (true)', partition);
    END IF;
END $$;
REVOKE ALL ON FUNCTION tenancy.ensure_usage_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.ensure_usage_partition(date) TO inventiv_system;
