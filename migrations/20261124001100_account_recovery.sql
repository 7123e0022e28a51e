-- New passwords and new addresses by mail. Class "system": requests reach these tables through the functions below only.

-- Asked for by anybody about any address; looked into afterwards, so that the answer can't tell whether there is such an account.
CREATE TABLE password_reset_requests (
    email text PRIMARY KEY CHECK (length(email) <= 254),
    requested_at timestamptz NOT NULL
);
CREATE INDEX password_reset_requests_age ON password_reset_requests (requested_at);

CREATE TABLE password_reset_tokens (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX password_reset_tokens_user ON password_reset_tokens (user_id) WHERE used_at IS NULL;
CREATE INDEX password_reset_tokens_expiry ON password_reset_tokens (expires_at);

CREATE TABLE email_changes (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    new_email text NOT NULL CHECK (new_email = lower(btrim(new_email)) AND length(new_email) BETWEEN 3 AND 254),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX email_changes_user ON email_changes (user_id) WHERE used_at IS NULL;
CREATE INDEX email_changes_expiry ON email_changes (expires_at);

CALL tenancy.lock_down('password_reset_requests');
CALL tenancy.lock_down('password_reset_tokens');
CALL tenancy.lock_down('email_changes');

-- The same work for every address: two counters and, below their limits, one row. Above them nothing happens, and nothing tells.
CREATE FUNCTION auth.request_password_reset(address text, address_subject text, most_per_address integer, client_subject text,
        most_per_client integer, at timestamptz, window_seconds integer) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    within boolean;
BEGIN
    PERFORM auth.record_login_failure(address_subject, at, window_seconds);
    PERFORM auth.record_login_failure(client_subject, at, window_seconds);
    SELECT bool_and(t.failures <= CASE t.subject WHEN address_subject THEN most_per_address ELSE most_per_client END) INTO within
        FROM public.login_throttles t WHERE t.subject IN (address_subject, client_subject);
    IF within THEN
        INSERT INTO public.password_reset_requests AS r (email, requested_at) VALUES (lower(btrim(address)), at)
            ON CONFLICT (email) DO UPDATE SET requested_at = EXCLUDED.requested_at;
    END IF;
END $$;

-- Whose token this is, as long as it is good.
CREATE FUNCTION auth.password_reset_by_token(presented_hash bytea, at timestamptz)
    RETURNS TABLE (user_id uuid, email text, username text, first_name text, last_name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.email, u.username, u.first_name, u.last_name
        FROM public.password_reset_tokens t JOIN public.users u ON u.id = t.user_id AND u.disabled_at IS NULL
        WHERE t.token_hash = presented_hash AND t.used_at IS NULL AND t.expires_at > at
$$;

-- True for the one call that uses the token.
CREATE FUNCTION auth.consume_password_reset_token(presented_hash bytea, at timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH used AS (
        UPDATE public.password_reset_tokens t SET used_at = at
            WHERE t.token_hash = presented_hash AND t.used_at IS NULL AND t.expires_at > at
                AND EXISTS (SELECT 1 FROM public.users u WHERE u.id = t.user_id AND u.disabled_at IS NULL)
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;

CREATE FUNCTION auth.email_change_by_token(presented_hash bytea, at timestamptz) RETURNS TABLE (user_id uuid, new_email text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, c.new_email
        FROM public.email_changes c JOIN public.users u ON u.id = c.user_id AND u.disabled_at IS NULL
        WHERE c.token_hash = presented_hash AND c.used_at IS NULL AND c.expires_at > at
$$;

CREATE FUNCTION auth.consume_email_change(presented_hash bytea, at timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH used AS (
        UPDATE public.email_changes c SET used_at = at
            WHERE c.token_hash = presented_hash AND c.used_at IS NULL AND c.expires_at > at
                AND EXISTS (SELECT 1 FROM public.users u WHERE u.id = c.user_id AND u.disabled_at IS NULL)
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM used)
$$;

-- A new address for the person of the transaction, once it is confirmed. Links to addresses asked for before stop working.
CREATE FUNCTION tenancy.request_email_change(new_hash bytea, address text, at timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    UPDATE public.email_changes SET used_at = at WHERE user_id = person AND used_at IS NULL;
    INSERT INTO public.email_changes (token_hash, user_id, new_email, created_at, expires_at) VALUES (new_hash, person, address, at, until);
END $$;

-- The links that were mailed to the person of the transaction stop working: the password or the address is another one now.
CREATE FUNCTION tenancy.void_own_links(at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    UPDATE public.password_reset_tokens SET used_at = at WHERE user_id = person AND used_at IS NULL;
    UPDATE public.email_changes SET used_at = at WHERE user_id = person AND used_at IS NULL;
END $$;

REVOKE ALL ON FUNCTION
    auth.request_password_reset(text, text, integer, text, integer, timestamptz, integer), auth.password_reset_by_token(bytea, timestamptz),
    auth.consume_password_reset_token(bytea, timestamptz), auth.email_change_by_token(bytea, timestamptz),
    auth.consume_email_change(bytea, timestamptz), tenancy.request_email_change(bytea, text, timestamptz, timestamptz),
    tenancy.void_own_links(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    auth.request_password_reset(text, text, integer, text, integer, timestamptz, integer), auth.password_reset_by_token(bytea, timestamptz),
    auth.consume_password_reset_token(bytea, timestamptz), auth.email_change_by_token(bytea, timestamptz),
    auth.consume_email_change(bytea, timestamptz), tenancy.request_email_change(bytea, text, timestamptz, timestamptz),
    tenancy.void_own_links(timestamptz) TO inventiv_app;
