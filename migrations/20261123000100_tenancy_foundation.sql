-- Who may see what, decided once. Every later table calls exactly one of the procedures below, according to its class.
--
-- The settings a transaction carries (plumbing/db sets them; an unset or empty one matches nothing):
--   inventiv.user_id           the person who acts, in any workspace
--   inventiv.organization_id   the workspace, when it is an organization
--   inventiv.personal_user_id  the workspace, when it is Personal
--   inventiv.platform          'on' for a platform admin in Personal
-- A setting is read through a scalar sub-select, so that it is evaluated once per statement; never through an IMMUTABLE
-- helper, whose result a cached plan would serve to the next tenant.

CREATE SCHEMA tenancy;
CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA tenancy, auth TO inventiv_app, inventiv_system;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Row-level security for everybody, with full access for the owner (migrations, definer functions) and for system jobs.
CREATE PROCEDURE tenancy.lock_down(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY owner_all ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
    EXECUTE format('CREATE POLICY system_all ON %s TO inventiv_system USING (true) WITH CHECK (true)', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO inventiv_system', target);
END $$;

-- Class "owned": has scope, organization_id and owner_user_id.
CREATE PROCEDURE tenancy.protect_owned(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    CALL tenancy.lock_down(target);
    EXECUTE format($sql$
        CREATE POLICY organization_rows ON %s TO inventiv_app USING (scope = 'organization'
            AND organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid)$sql$, target);
    EXECUTE format($sql$
        CREATE POLICY personal_rows ON %s TO inventiv_app USING (scope = 'personal'
            AND owner_user_id = NULLIF((SELECT current_setting('inventiv.personal_user_id', true)), '')::uuid)$sql$, target);
    EXECUTE format($sql$
        CREATE POLICY platform_rows ON %s TO inventiv_app USING (scope = 'platform'
            AND (SELECT current_setting('inventiv.platform', true)) = 'on')$sql$, target);
END $$;

-- Class "child": repeats the tenant of its parent in `tenant`.
CREATE PROCEDURE tenancy.protect_child(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    CALL tenancy.lock_down(target);
    EXECUTE format($sql$
        CREATE POLICY organization_rows ON %s TO inventiv_app USING (
            tenant = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid)$sql$, target);
    EXECUTE format($sql$
        CREATE POLICY personal_rows ON %s TO inventiv_app USING (
            tenant = NULLIF((SELECT current_setting('inventiv.personal_user_id', true)), '')::uuid)$sql$, target);
    EXECUTE format($sql$
        CREATE POLICY platform_rows ON %s TO inventiv_app USING (tenant = '00000000-0000-0000-0000-000000000000'::uuid
            AND (SELECT current_setting('inventiv.platform', true)) = 'on')$sql$, target);
END $$;
