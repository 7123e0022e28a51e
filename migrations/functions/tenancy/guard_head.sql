-- A head moves forward, one entry at a time and with its seal; or it is sealed anew where it is. A program of before the seals is
-- refused instead of leaving a head that looks forged. Trigger of audit_chains.
CREATE OR REPLACE FUNCTION tenancy.guard_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.length = 0 THEN RETURN NEW; END IF;
    ELSIF NEW.tenant = OLD.tenant THEN
        IF NEW.length = OLD.length + 1 AND (NEW.seal <> OLD.seal OR OLD.seal = '') THEN RETURN NEW; END IF;
        IF NEW.length = OLD.length AND NEW.head_hash = OLD.head_hash THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'a chain of the audit log moves forward by one sealed entry' USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION tenancy.guard_head FROM PUBLIC, inventiv_app, inventiv_system;
