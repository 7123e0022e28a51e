-- People, organizations, memberships, sessions. Class "identity": one's own rows, plus those bound to the current organization.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(btrim(email)) AND length(email) BETWEEN 3 AND 254),
    username text NOT NULL CHECK (username = lower(btrim(username)) AND length(username) BETWEEN 2 AND 64),
    password_hash text,
    first_name text NOT NULL DEFAULT '' CHECK (length(first_name) <= 100),
    last_name text NOT NULL DEFAULT '' CHECK (length(last_name) <= 100),
    locale text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'fr')),
    platform_role text NOT NULL DEFAULT 'user' CHECK (platform_role IN ('admin', 'user')),
    account_plan text NOT NULL DEFAULT 'free' CHECK (account_plan IN ('free', 'subscriber')),
    email_verified_at timestamptz,
    disabled_at timestamptz,
    -- The account was closed: disabled for good, personal data gone. The row stays, because audit, usage and ledger stand on it.
    deleted_at timestamptz CHECK (deleted_at IS NULL OR (disabled_at IS NOT NULL AND password_hash IS NULL)),
    last_seen_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE UNIQUE INDEX users_username_key ON users (username);

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 100),
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$'),
    color text NOT NULL CHECK (color ~ '^#[0-9a-f]{6}$'),
    subscription_plan text NOT NULL DEFAULT 'free' CHECK (subscription_plan IN ('free', 'subscriber')),
    approve_before_provisioning boolean NOT NULL DEFAULT false,
    members_can_create_keys boolean NOT NULL DEFAULT false,
    created_by_user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);
-- A deleted organization keeps its slug: addresses built on it must never lead to somebody else.
CREATE UNIQUE INDEX organizations_slug_key ON organizations (slug);

CREATE TABLE organization_memberships (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'user')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_memberships_user ON organization_memberships (user_id);

CREATE TABLE user_sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    current_organization_id uuid REFERENCES organizations (id),
    -- For display only: the membership decides, on every request.
    organization_role text CHECK (organization_role IN ('owner', 'admin', 'manager', 'user')),
    token_hash bytea NOT NULL,
    token_issued_at timestamptz NOT NULL,
    previous_token_hash bytea,
    -- moved: somebody else took the session out of its workspace, and nobody has its new token yet.
    previous_token_reason text CHECK (previous_token_reason IN ('renewed', 'switched', 'moved')),
    previous_token_valid_until timestamptz,
    ip_address text,
    user_agent text CHECK (length(user_agent) <= 512),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK ((current_organization_id IS NULL) = (organization_role IS NULL))
);
CREATE INDEX users_page ON users (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX user_sessions_user ON user_sessions (user_id) WHERE revoked_at IS NULL;
CREATE INDEX user_sessions_organization ON user_sessions (current_organization_id) WHERE revoked_at IS NULL;

-- Failed sign-ins per account and per address. Class "system": reached through auth.* functions only.
CREATE TABLE login_throttles (
    subject text PRIMARY KEY CHECK (length(subject) <= 300),
    failures integer NOT NULL,
    window_started_at timestamptz NOT NULL
);

CALL tenancy.lock_down('users');
CALL tenancy.lock_down('organizations');
CALL tenancy.lock_down('organization_memberships');
CALL tenancy.lock_down('user_sessions');
CALL tenancy.lock_down('login_throttles');

GRANT SELECT, INSERT, UPDATE ON organizations TO inventiv_app;
-- Whose a session is, and what standing an account has on the platform, no request may rewrite.
GRANT SELECT, INSERT ON users, user_sessions TO inventiv_app;
GRANT UPDATE (email, username, password_hash, first_name, last_name, locale, email_verified_at, disabled_at, last_seen_at, updated_at)
    ON users TO inventiv_app;
GRANT UPDATE (current_organization_id, organization_role, token_hash, token_issued_at, previous_token_hash, previous_token_reason,
    previous_token_valid_until, last_used_at, revoked_at) ON user_sessions TO inventiv_app;
GRANT SELECT, INSERT, DELETE ON organization_memberships TO inventiv_app;
GRANT UPDATE (role, updated_at, last_seen_at) ON organization_memberships TO inventiv_app;

CREATE POLICY own_row ON users TO inventiv_app
    USING (id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
CREATE POLICY members ON users FOR SELECT TO inventiv_app
    USING (EXISTS (SELECT 1 FROM organization_memberships m WHERE m.user_id = users.id
        AND m.organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid));
CREATE POLICY platform_admin ON users TO inventiv_app
    USING ((SELECT current_setting('inventiv.platform', true)) = 'on');

CREATE POLICY current_organization ON organizations TO inventiv_app
    USING (id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);
CREATE POLICY own_organizations ON organizations FOR SELECT TO inventiv_app
    USING (EXISTS (SELECT 1 FROM organization_memberships m WHERE m.organization_id = organizations.id
        AND m.user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid));

CREATE POLICY current_organization ON organization_memberships TO inventiv_app
    USING (organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);
CREATE POLICY own_memberships ON organization_memberships FOR SELECT TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);

CREATE POLICY own_sessions ON user_sessions TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
-- A role change or a removal touches the sessions bound to the organization in the same transaction.
CREATE POLICY sessions_of_organization ON user_sessions FOR SELECT TO inventiv_app
    USING (current_organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);
CREATE POLICY sessions_of_organization_change ON user_sessions FOR UPDATE TO inventiv_app
    USING (current_organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);

-- Who leaves an organization takes the sessions along: they go on in Personal, under a token that is handed out at the next
-- contact. `person` NULL: everybody, when the organization ends. A definer function, because a row that leaves the
-- organization is out of reach of the policy above. Only for the organization of the transaction.
CREATE FUNCTION tenancy.move_sessions_to_personal(organization uuid, person uuid) RETURNS TABLE (session_id uuid, user_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.user_sessions s SET current_organization_id = NULL, organization_role = NULL,
            previous_token_hash = s.token_hash, previous_token_reason = 'moved', previous_token_valid_until = NULL,
            token_hash = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        WHERE s.current_organization_id = organization AND (person IS NULL OR s.user_id = person) AND s.revoked_at IS NULL
            AND organization = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid
        RETURNING s.id, s.user_id
$$;
REVOKE ALL ON FUNCTION tenancy.move_sessions_to_personal(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.move_sessions_to_personal(uuid, uuid) TO inventiv_app;

-- The person's own role in an organization, for entering it. The organization's row is locked against changes of its members
-- until the end of the transaction: a removal either is seen here or finds the session that entered.
CREATE FUNCTION tenancy.lock_own_role(organization uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    PERFORM 1 FROM public.organization_memberships m WHERE m.organization_id = organization AND m.user_id = person;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM public.organizations o WHERE o.id = organization AND o.deleted_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT m.role FROM public.organization_memberships m WHERE m.organization_id = organization AND m.user_id = person);
END $$;
REVOKE ALL ON FUNCTION tenancy.lock_own_role(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.lock_own_role(uuid) TO inventiv_app;

-- An organization that exists has an owner. Deferred to the commit; the row lock makes two concurrent demotions take turns,
-- and the count then sees what the other one committed. The weakest lock that does: auth.lock_actor of whoever waits for the
-- demoted membership holds a KEY SHARE on the organization, and must not be waited for in return.
CREATE FUNCTION tenancy.require_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    organization uuid := CASE TG_OP WHEN 'INSERT' THEN NEW.organization_id ELSE OLD.organization_id END;
BEGIN
    PERFORM 1 FROM public.organizations WHERE id = organization AND deleted_at IS NULL FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (SELECT 1 FROM public.organization_memberships
            WHERE organization_id = organization AND role = 'owner') THEN
        RAISE EXCEPTION 'an organization needs an owner'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'organization_last_owner';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_owner() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER organization_last_owner
    AFTER UPDATE OF role OR DELETE ON organization_memberships DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tenancy.require_owner();
CREATE FUNCTION tenancy.require_first_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.organization_memberships WHERE organization_id = NEW.id AND role = 'owner') THEN
        RAISE EXCEPTION 'an organization needs an owner'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'organization_last_owner';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_first_owner() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER organization_first_owner
    AFTER INSERT ON organizations DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tenancy.require_first_owner();

-- How many members an organization has, told to its members only (in Personal they see just their own memberships).
CREATE FUNCTION tenancy.members_count(organization uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FROM public.organization_memberships m WHERE m.organization_id = organization
        AND EXISTS (SELECT 1 FROM public.organization_memberships own WHERE own.organization_id = organization
            AND own.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid)
$$;
REVOKE ALL ON FUNCTION tenancy.members_count(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.members_count(uuid) TO inventiv_app, inventiv_system;

-- ---------------------------------------------------------------- before a principal exists: exact look-ups only

CREATE FUNCTION auth.user_by_login(wanted text)
    RETURNS TABLE (id uuid, password_hash text, disabled boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.password_hash, u.disabled_at IS NOT NULL FROM public.users u
        WHERE u.email = lower(btrim(wanted)) OR u.username = lower(btrim(wanted))
        ORDER BY (u.email = lower(btrim(wanted))) DESC LIMIT 1
$$;

-- A session by its id and the hash of one of its token ids, with everything a request needs to know about its principal.
CREATE FUNCTION auth.session_by_token(wanted uuid, presented_hash bytea, at timestamptz)
    RETURNS TABLE (
        session_id uuid, user_id uuid, token_state text, token_issued_at timestamptz, last_used_at timestamptz, expires_at timestamptz,
        platform_role text, organization_id uuid, organization_role text, members_can_create_keys boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.id, s.user_id,
           CASE WHEN s.token_hash = presented_hash THEN 'current'
                WHEN s.previous_token_reason IN ('switched', 'moved') THEN s.previous_token_reason
                WHEN s.previous_token_valid_until > at THEN 'previous'
                ELSE 'superseded' END,
           s.token_issued_at, s.last_used_at, s.expires_at, u.platform_role, s.current_organization_id, m.role, o.members_can_create_keys
        FROM public.user_sessions s
        JOIN public.users u ON u.id = s.user_id AND u.disabled_at IS NULL
        LEFT JOIN public.organizations o ON o.id = s.current_organization_id AND o.deleted_at IS NULL
        LEFT JOIN public.organization_memberships m ON m.organization_id = o.id AND m.user_id = s.user_id
        WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > at
            AND (s.token_hash = presented_hash OR s.previous_token_hash = presented_hash)
$$;

-- The same facts, locked until the transaction ends: a demotion or revocation waits for the write, or the write sees it.
CREATE FUNCTION auth.lock_actor(wanted uuid, at timestamptz)
    RETURNS TABLE (platform_role text, organization_id uuid, organization_role text, members_can_create_keys boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    session public.user_sessions%ROWTYPE;
BEGIN
    SELECT s.* INTO session FROM public.user_sessions s
        WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > at FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT u.platform_role INTO platform_role FROM public.users u
        WHERE u.id = session.user_id AND u.disabled_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    organization_id := session.current_organization_id;
    IF organization_id IS NOT NULL THEN
        SELECT o.members_can_create_keys INTO members_can_create_keys FROM public.organizations o
            WHERE o.id = session.current_organization_id AND o.deleted_at IS NULL FOR KEY SHARE;
        IF FOUND THEN
            SELECT m.role INTO organization_role FROM public.organization_memberships m
                WHERE m.organization_id = session.current_organization_id AND m.user_id = session.user_id FOR SHARE;
        END IF;
    END IF;
    RETURN NEXT;
END $$;

CREATE FUNCTION auth.touch_session(wanted uuid, at timestamptz, address text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH touched AS (
        UPDATE public.user_sessions SET last_used_at = at, ip_address = COALESCE(address, ip_address)
            WHERE id = wanted AND last_used_at < at RETURNING user_id, current_organization_id),
    person AS (
        UPDATE public.users u SET last_seen_at = at FROM touched WHERE u.id = touched.user_id)
    UPDATE public.organization_memberships m SET last_seen_at = at FROM touched
        WHERE m.user_id = touched.user_id AND m.organization_id = touched.current_organization_id
$$;

-- How many failures a subject has in the running window.
CREATE FUNCTION auth.login_failures(wanted text, at timestamptz, window_seconds integer) RETURNS TABLE (failures integer, window_started_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT t.failures, t.window_started_at FROM public.login_throttles t
        WHERE t.subject = wanted AND t.window_started_at > at - make_interval(secs => window_seconds)
$$;
CREATE FUNCTION auth.record_login_failure(wanted text, at timestamptz, window_seconds integer) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.login_throttles AS t (subject, failures, window_started_at) VALUES (wanted, 1, at)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.failures + 1 ELSE 1 END,
            window_started_at = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.window_started_at ELSE at END
$$;
CREATE FUNCTION auth.clear_login_failures(wanted text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM public.login_throttles WHERE subject = wanted
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA auth TO inventiv_app;
-- Account administration by a person, in the system's transaction: the person's rights are read again under lock there too.
GRANT EXECUTE ON FUNCTION auth.lock_actor(uuid, timestamptz) TO inventiv_system;
