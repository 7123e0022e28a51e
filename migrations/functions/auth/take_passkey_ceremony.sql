-- What the answer to a ceremony of the transaction's person is judged by; NULL when it came too late. The ceremony is gone then, good
-- answer or bad.
CREATE OR REPLACE FUNCTION auth.take_passkey_ceremony(ceremony uuid, session uuid, wanted_purpose text, host text, at timestamptz)
    RETURNS jsonb
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH taken AS (
        DELETE FROM public.passkey_ceremonies c
            WHERE c.id = ceremony AND c.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND c.session_id = session
                AND c.purpose = wanted_purpose AND c.rp_id = host
            RETURNING c.state, c.expires_at)
    SELECT t.state FROM taken t WHERE t.expires_at > at
$$;
REVOKE ALL ON FUNCTION auth.take_passkey_ceremony FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.take_passkey_ceremony TO inventiv_app;
