-- The partition of inference_usage that holds a month, unless there is one or the default partition has rows of it already. A definer
-- function, because the job's role owns nothing.
CREATE OR REPLACE FUNCTION tenancy.ensure_usage_partition(month date) RETURNS void
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
REVOKE ALL ON FUNCTION tenancy.ensure_usage_partition FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.ensure_usage_partition TO inventiv_system;
