-- Second factors of signing in, and when somebody last proved who they are. Class "identity": one's own rows, in any workspace.

-- One authenticator app per account. It counts once it was confirmed with a code.
CREATE TABLE totp_authenticators (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    -- Nonce and AES-256-GCM of the secret, under a key of the installation and the person.
    secret_encrypted bytea NOT NULL CHECK (length(secret_encrypted) <= 128),
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- The time step of the last code that was accepted: no code works twice.
    last_step bigint,
    last_used_at timestamptz
);

CREATE TABLE passkeys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    name text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 100),
    -- The host name it was made for: browsers offer it nowhere else.
    rp_id text NOT NULL CHECK (length(rp_id) <= 253),
    credential_id bytea NOT NULL CHECK (length(credential_id) <= 1023),
    -- Public key, counter and flags: nothing secret.
    credential jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE UNIQUE INDEX passkeys_credential_key ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id),
    -- HMAC under a key of the installation and the person: a code is too short for a bare hash.
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- Somebody gave the right password and owes the second factor.
CREATE TABLE sign_in_challenges (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    -- What a passkey was asked to sign.
    passkey_state jsonb
);
CREATE INDEX sign_in_challenges_user ON sign_in_challenges (user_id);
CREATE INDEX sign_in_challenges_expiry ON sign_in_challenges (expires_at);

-- What a passkey was asked to sign inside of a session; gone once it did.
CREATE TABLE passkey_ceremonies (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    session_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('registration', 'reauthentication')),
    rp_id text NOT NULL,
    state jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_user ON passkey_ceremonies (user_id);
CREATE INDEX passkey_ceremonies_expiry ON passkey_ceremonies (expires_at);

CALL tenancy.lock_down('totp_authenticators');
CALL tenancy.lock_down('passkeys');
CALL tenancy.lock_down('recovery_codes');
CALL tenancy.lock_down('sign_in_challenges');
CALL tenancy.lock_down('passkey_ceremonies');

GRANT SELECT, INSERT, UPDATE, DELETE ON totp_authenticators TO inventiv_app;
GRANT SELECT, INSERT, DELETE ON passkeys, recovery_codes, sign_in_challenges, passkey_ceremonies TO inventiv_app;
GRANT UPDATE (name, credential, last_used_at) ON passkeys TO inventiv_app;
GRANT UPDATE (used_at) ON recovery_codes TO inventiv_app;
GRANT UPDATE (failures) ON sign_in_challenges TO inventiv_app;

CREATE POLICY own_rows ON totp_authenticators TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
CREATE POLICY own_rows ON passkeys TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
CREATE POLICY own_rows ON recovery_codes TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
CREATE POLICY own_rows ON sign_in_challenges TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);
CREATE POLICY own_rows ON passkey_ceremonies TO inventiv_app
    USING (user_id = NULLIF((SELECT current_setting('inventiv.user_id', true)), '')::uuid);

-- When the person of a session last proved who they are: signing in, or confirming it later. Older sessions did when they began.
ALTER TABLE user_sessions ADD COLUMN authenticated_at timestamptz;
UPDATE user_sessions SET authenticated_at = created_at;
ALTER TABLE user_sessions ALTER COLUMN authenticated_at SET NOT NULL;
GRANT UPDATE (authenticated_at) ON user_sessions TO inventiv_app;

-- ---------------------------------------------------------------- before a principal exists

-- Also says whether the password alone is enough, in the same question.
DROP FUNCTION auth.user_by_login(text);
CREATE FUNCTION auth.user_by_login(wanted text)
    RETURNS TABLE (id uuid, password_hash text, disabled boolean, has_second_factor boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.password_hash, u.disabled_at IS NOT NULL,
           EXISTS (SELECT 1 FROM public.totp_authenticators t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
               OR EXISTS (SELECT 1 FROM public.passkeys p WHERE p.user_id = u.id)
        FROM public.users u
        WHERE u.email = lower(btrim(wanted)) OR u.username = lower(btrim(wanted))
        ORDER BY (u.email = lower(btrim(wanted))) DESC LIMIT 1
$$;

DROP FUNCTION auth.session_by_token(uuid, bytea, timestamptz);
CREATE FUNCTION auth.session_by_token(wanted uuid, presented_hash bytea, at timestamptz)
    RETURNS TABLE (
        session_id uuid, user_id uuid, token_state text, token_issued_at timestamptz, last_used_at timestamptz, expires_at timestamptz,
        platform_role text, organization_id uuid, organization_role text, members_can_create_keys boolean, authenticated_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.id, s.user_id,
           CASE WHEN s.token_hash = presented_hash THEN 'current'
                WHEN s.previous_token_reason IN ('switched', 'moved') THEN s.previous_token_reason
                WHEN s.previous_token_valid_until > at THEN 'previous'
                ELSE 'superseded' END,
           s.token_issued_at, s.last_used_at, s.expires_at, u.platform_role, s.current_organization_id, m.role, o.members_can_create_keys,
           s.authenticated_at
        FROM public.user_sessions s
        JOIN public.users u ON u.id = s.user_id AND u.disabled_at IS NULL
        LEFT JOIN public.organizations o ON o.id = s.current_organization_id AND o.deleted_at IS NULL
        LEFT JOIN public.organization_memberships m ON m.organization_id = o.id AND m.user_id = s.user_id
        WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > at
            AND (s.token_hash = presented_hash OR s.previous_token_hash = presented_hash)
$$;

-- Whose sign-in waits for its second factor under this token.
CREATE FUNCTION auth.sign_in_challenge(presented_hash bytea, at timestamptz) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.user_id FROM public.sign_in_challenges c JOIN public.users u ON u.id = c.user_id AND u.disabled_at IS NULL
        WHERE c.token_hash = presented_hash AND c.expires_at > at
$$;

-- Counts an attempt and says how many there are in the running window: whoever counts first and looks afterwards can't be
-- overtaken by attempts that run at the same time.
CREATE FUNCTION auth.count_attempt(wanted text, at timestamptz, window_seconds integer)
    RETURNS TABLE (attempts integer, window_started_at timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.login_throttles AS t (subject, failures, window_started_at) VALUES (wanted, 1, at)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.failures + 1 ELSE 1 END,
            window_started_at = CASE WHEN t.window_started_at > at - make_interval(secs => window_seconds) THEN t.window_started_at ELSE at END
        RETURNING t.failures, t.window_started_at
$$;

REVOKE ALL ON FUNCTION auth.user_by_login(text), auth.session_by_token(uuid, bytea, timestamptz),
    auth.sign_in_challenge(bytea, timestamptz), auth.count_attempt(text, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.user_by_login(text), auth.session_by_token(uuid, bytea, timestamptz),
    auth.sign_in_challenge(bytea, timestamptz), auth.count_attempt(text, timestamptz, integer) TO inventiv_app;
