-- The same work for every address: two counters and, below their limits, one unfinished job for each address. Above them nothing
-- happens, and nothing tells.
CREATE OR REPLACE FUNCTION auth.request_password_reset(address text, address_subject text, most_per_address integer, client_subject text,
        most_per_client integer, at timestamptz, window_seconds integer) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    within boolean;
    email text := lower(btrim(address));
BEGIN
    PERFORM auth.record_login_failure(address_subject, at, window_seconds);
    PERFORM auth.record_login_failure(client_subject, at, window_seconds);
    SELECT bool_and(t.failures <= CASE t.subject WHEN address_subject THEN most_per_address ELSE most_per_client END) INTO within
        FROM public.login_throttles t WHERE t.subject IN (address_subject, client_subject);
    IF within THEN
        PERFORM tenancy.enqueue_job(gen_random_uuid(), 'password_request', email, jsonb_build_object('email', email, 'requested_at', at), at);
    END IF;
END $$;
REVOKE ALL ON FUNCTION auth.request_password_reset FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.request_password_reset TO inventiv_app;
