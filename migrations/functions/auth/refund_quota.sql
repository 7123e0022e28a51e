-- Takes back what was counted for something that turned out not to count.
CREATE OR REPLACE FUNCTION auth.refund_quota(wanted text, amount integer) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.login_throttles t SET failures = t.failures - amount WHERE t.subject = wanted AND t.failures > amount;
    IF NOT FOUND THEN
        DELETE FROM public.login_throttles t WHERE t.subject = wanted AND t.failures <= amount;
    END IF;
END $$;
REVOKE ALL ON FUNCTION auth.refund_quota FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.refund_quota TO inventiv_app;
