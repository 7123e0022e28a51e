-- Policies cost one comparison a row (docs/adr/0015): a setting becomes an id within the scalar sub-select, once per statement, and
-- owned rows are held against the tenant that follows from their scope. Who sees what stays the same.

CREATE OR REPLACE PROCEDURE tenancy.protect_owned(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    -- The tenant is the organization, the person, or nobody for the platform.
    CALL tenancy.protect_child(target);
END $$;

CREATE OR REPLACE PROCEDURE tenancy.protect_child(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    CALL tenancy.lock_down(target);
    EXECUTE format($sql$
        CREATE POLICY organization_rows ON %s TO inventiv_app USING (
            tenant = (SELECT NULLIF(current_setting('inventiv.organization_id', true), '')::uuid))$sql$, target);
    EXECUTE format($sql$
        CREATE POLICY personal_rows ON %s TO inventiv_app USING (
            tenant = (SELECT NULLIF(current_setting('inventiv.personal_user_id', true), '')::uuid))$sql$, target);
    EXECUTE format($sql$
        CREATE POLICY platform_rows ON %s TO inventiv_app USING (tenant = '00000000-0000-0000-0000-000000000000'::uuid
            AND (SELECT current_setting('inventiv.platform', true)) = 'on')$sql$, target);
END $$;

DO $$
DECLARE
    owned regclass;
    policy record;
    -- As PostgreSQL writes a setting that is cast row by row, and cast once.
    each_row text := '\(NULLIF\(\( SELECT current_setting\(''(inventiv\.[a-z_]+)''::text, true\) AS current_setting\), ''''::text\)\)::uuid';
    once text := '(SELECT NULLIF(current_setting(''\1'', true), '''')::uuid)';
BEGIN
    FOREACH owned IN ARRAY ARRAY['api_keys', 'instances', 'models']::regclass[] LOOP
        EXECUTE format($sql$ALTER POLICY organization_rows ON %s USING (
            tenant = (SELECT NULLIF(current_setting('inventiv.organization_id', true), '')::uuid))$sql$, owned);
        EXECUTE format($sql$ALTER POLICY personal_rows ON %s USING (
            tenant = (SELECT NULLIF(current_setting('inventiv.personal_user_id', true), '')::uuid))$sql$, owned);
        EXECUTE format($sql$ALTER POLICY platform_rows ON %s USING (tenant = '00000000-0000-0000-0000-000000000000'::uuid
            AND (SELECT current_setting('inventiv.platform', true)) = 'on')$sql$, owned);
    END LOOP;
    FOR policy IN
        SELECT format('%I ON %I.%I', policyname, schemaname, tablename) AS name, regexp_replace(qual, each_row, once, 'g') AS qual,
            regexp_replace(with_check, each_row, once, 'g') AS with_check
        FROM pg_policies WHERE roles = '{inventiv_app}' AND concat(qual, ' ', with_check) ~ each_row
    LOOP
        EXECUTE format('ALTER POLICY %s%s%s', policy.name, ' USING (' || policy.qual || ')', ' WITH CHECK (' || policy.with_check || ')');
    END LOOP;
END $$;
