-- Nobody changes what is append-only, not even the owner of the tables. Triggers of audit_log, inference_usage and audit_chains (removal).
CREATE OR REPLACE FUNCTION tenancy.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION tenancy.refuse_change FROM PUBLIC, inventiv_app, inventiv_system;
