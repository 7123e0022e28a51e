-- Evidence that somebody who has the database alone can't make: heads are sealed with a key that is not in the database, and a
-- register knows every chain. See docs/adr/0021.

ALTER TABLE audit_chains ADD COLUMN seal bytea NOT NULL DEFAULT '';

-- Every chain as the register last saw it. Beside the chains: whoever appends never waits for the register.
CREATE TABLE audit_registered (
    chain uuid PRIMARY KEY,
    length bigint NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE audit_register (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    number bigint NOT NULL,
    chains bigint NOT NULL,
    sum bytea NOT NULL,
    since timestamptz NOT NULL,
    kept_at timestamptz NOT NULL,
    seal bytea NOT NULL
);
-- What an installation knows of itself: whether it was in use before it knew its master secret, and how to tell that secret.
CREATE TABLE installation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    was_in_use boolean NOT NULL,
    secret_check bytea
);
INSERT INTO installation (was_in_use) SELECT EXISTS (SELECT 1 FROM users);

CALL tenancy.lock_down('audit_registered');
CALL tenancy.lock_down('audit_register');
CALL tenancy.lock_down('installation');
REVOKE DELETE ON audit_register FROM inventiv_system;
REVOKE INSERT, DELETE ON installation FROM inventiv_system;

-- A head moves forward, one entry at a time and with its seal; or it is sealed anew where it is. A program of before the seals is
-- refused instead of leaving a head that looks forged.
CREATE FUNCTION tenancy.guard_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.length = 0 THEN RETURN NEW; END IF;
    ELSIF NEW.tenant = OLD.tenant THEN
        IF NEW.length = OLD.length + 1 AND (NEW.seal <> OLD.seal OR OLD.seal = '') THEN RETURN NEW; END IF;
        IF NEW.length = OLD.length AND NEW.head_hash = OLD.head_hash THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'a chain of the audit log moves forward by one sealed entry' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_chains_forward BEFORE INSERT OR UPDATE ON audit_chains
    FOR EACH ROW EXECUTE FUNCTION tenancy.guard_head();
CREATE TRIGGER audit_chains_kept BEFORE DELETE ON audit_chains
    FOR EACH ROW EXECUTE FUNCTION tenancy.refuse_change();
CREATE TRIGGER audit_chains_never_emptied BEFORE TRUNCATE ON audit_chains
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
