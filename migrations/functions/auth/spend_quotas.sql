-- Counts amounts[i] against subjects[i], of which there may be most[i] in windows[i] seconds: all of them or, where one is used up,
-- none. Says how many seconds to wait then, else null. Counting and looking are one act, so that attempts at the same time can't be
-- more than the quota together; they go by the subjects' order, so that two that share subjects can't wait for each other.
CREATE OR REPLACE FUNCTION auth.spend_quotas(subjects text[], amounts integer[], most integer[], windows integer[], at timestamptz)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    quota record;
    counted text[] := '{}';
    counts integer[] := '{}';
    since timestamptz;
BEGIN
    FOR quota IN
        SELECT q.subject, sum(q.amount)::integer AS amount, min(q.most) AS most, make_interval(secs => max(q.seconds)) AS length
            FROM unnest(subjects, amounts, most, windows) AS q (subject, amount, most, seconds)
            GROUP BY q.subject ORDER BY q.subject
    LOOP
        since := NULL;
        IF quota.amount <= quota.most THEN
            INSERT INTO public.login_throttles AS t (subject, failures, window_started_at) VALUES (quota.subject, quota.amount, at)
                ON CONFLICT (subject) DO UPDATE SET
                    failures = CASE WHEN t.window_started_at > at - quota.length THEN t.failures + quota.amount ELSE quota.amount END,
                    window_started_at = CASE WHEN t.window_started_at > at - quota.length THEN t.window_started_at ELSE at END
                    WHERE t.window_started_at <= at - quota.length OR t.failures + quota.amount <= quota.most
                RETURNING t.window_started_at INTO since;
        END IF;
        IF since IS NULL THEN
            FOR i IN 1 .. cardinality(counted) LOOP
                PERFORM auth.refund_quota(counted[i], counts[i]);
            END LOOP;
            SELECT t.window_started_at INTO since FROM public.login_throttles t
                WHERE t.subject = quota.subject AND t.window_started_at > at - quota.length;
            RETURN greatest(1, ceil(extract(epoch FROM coalesce(since, at) + quota.length - at)))::integer;
        END IF;
        counted := counted || quota.subject;
        counts := counts || quota.amount;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION auth.spend_quotas FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.spend_quotas TO inventiv_app, inventiv_system;
