-- A second job with the key of an unfinished one gives that one its payload. If it is being done right now it loses its lease, so
-- that what was done with the older payload is rolled back and done again with the newer.
CREATE OR REPLACE FUNCTION tenancy.enqueue_job(job uuid, job_kind text, job_key text, job_payload jsonb, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.jobs AS j (id, kind, unique_key, payload, run_at, created_at) VALUES (job, job_kind, job_key, job_payload, at, at)
        ON CONFLICT (kind, unique_key) WHERE state = 'waiting'
        DO UPDATE SET payload = EXCLUDED.payload, run_at = LEAST(j.run_at, EXCLUDED.run_at), lease_token = NULL, lease_until = NULL
$$;
REVOKE ALL ON FUNCTION tenancy.enqueue_job FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.enqueue_job TO inventiv_app, inventiv_system;
