-- The same work for every address: its quotas and, within them, one unfinished job for each account. Addresses of nobody share a
-- thousand jobs: whatever strangers name, the queue stays short. Above the quotas nothing happens, nothing is kept, and nothing tells.
CREATE OR REPLACE FUNCTION auth.request_password_reset(address text, subjects text[], amounts integer[], most integer[],
        windows integer[], at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    email text := lower(btrim(address));
    is_somebody boolean := EXISTS (SELECT 1 FROM public.users u WHERE u.email = lower(btrim(address)));
    key text := CASE WHEN is_somebody THEN email ELSE 'nobody-' || (hashtext(email) & 1023) END;
BEGIN
    IF auth.spend_quotas(subjects, amounts, most, windows, at) IS NULL THEN
        PERFORM tenancy.enqueue_job(gen_random_uuid(), 'password_request', key, jsonb_build_object('email', email, 'requested_at', at), at);
    END IF;
END $$;
REVOKE ALL ON FUNCTION auth.request_password_reset FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.request_password_reset TO inventiv_app;
