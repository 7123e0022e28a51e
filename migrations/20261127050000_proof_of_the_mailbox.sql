-- What a link proves depends on who saw it, an organization's owners are people who can sign in, and a log names people as they were.

-- ---------------------------------------------------------------- links

-- Somebody else was shown the link, because no mail server carried it: whoever uses it proves nothing about the mailbox.
ALTER TABLE password_reset_tokens ADD COLUMN shown boolean NOT NULL DEFAULT false;
ALTER TABLE organization_invitations ADD COLUMN link_shown boolean NOT NULL DEFAULT false;

-- Of links that are still open nobody knows who was shown them: in doubt they prove nothing.
UPDATE password_reset_tokens SET shown = true WHERE used_at IS NULL;
UPDATE organization_invitations SET link_shown = true WHERE accepted_at IS NULL;

-- The mail that carries the link, as long as it is known.
ALTER TABLE organization_invitations ADD COLUMN mail_id uuid;
GRANT SELECT (link_shown, mail_id) ON organization_invitations TO inventiv_app;

-- What the recipient's server answered to the last attempt, in its own words: they name the address, so they go when the mail's row does.
ALTER TABLE outbox ADD COLUMN reply text CHECK (length(reply) <= 300);

DROP FUNCTION IF EXISTS auth.password_reset_by_token(bytea, timestamptz);
DROP FUNCTION IF EXISTS auth.invitation_by_token(bytea);
DROP FUNCTION IF EXISTS auth.create_invitation(uuid, uuid, text, text, bytea, text, timestamptz, timestamptz);
DROP FUNCTION IF EXISTS auth.renew_invitation(uuid, uuid, bytea, text, timestamptz);

-- ---------------------------------------------------------------- owners

-- The functions come after the migrations: this one is replaced by its file.
CREATE FUNCTION tenancy.require_owners_of_account() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER organization_last_owner
    AFTER UPDATE OF disabled_at, deleted_at, password_hash ON users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.disabled_at IS DISTINCT FROM NEW.disabled_at OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
        OR (OLD.password_hash IS NULL) <> (NEW.password_hash IS NULL))
    EXECUTE FUNCTION tenancy.require_owners_of_account();

-- ---------------------------------------------------------------- people of a log

-- What people of a log were called, from when on: one row for each name and address under which they are in it, for the readers of the log. It is not the log
-- itself: closing an account takes it out.
CREATE TABLE audit_people (
    tenant uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    since timestamptz NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    -- What was before the first is under it.
    PRIMARY KEY (tenant, user_id, since)
);
CREATE INDEX audit_people_person ON audit_people (user_id);
CALL tenancy.protect_child('audit_people');
GRANT SELECT ON audit_people TO inventiv_app;

-- Of what was before, only the names of now are known.
INSERT INTO audit_people (tenant, user_id, since, email, name)
    SELECT e.tenant, u.id, timestamptz 'epoch', u.email, btrim(u.first_name || ' ' || u.last_name)
    FROM (SELECT tenant, actor_id AS id FROM audit_log WHERE actor_kind = 'user'
          UNION SELECT tenant, target_id FROM audit_log WHERE target_type = 'user') AS e
    JOIN users u ON u.id = e.id AND u.deleted_at IS NULL;

CREATE FUNCTION tenancy.remember_people_of_log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER audit_log_people AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION tenancy.remember_people_of_log();

DROP FUNCTION IF EXISTS tenancy.people_of_log(uuid[], text);
