-- Takes back amounts[i] of subjects[i], by the subjects' order like auth.spend_quotas.
CREATE OR REPLACE FUNCTION auth.refund_quotas(subjects text[], amounts integer[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    quota record;
BEGIN
    FOR quota IN
        SELECT q.subject, sum(q.amount)::integer AS amount FROM unnest(subjects, amounts) AS q (subject, amount)
            GROUP BY q.subject ORDER BY q.subject
    LOOP
        PERFORM auth.refund_quota(quota.subject, quota.amount);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION auth.refund_quotas FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.refund_quotas TO inventiv_app;
