-- Mails to send, written in the transaction that causes them and delivered afterwards, at least once. Class "system": requests
-- add to it through tenancy.enqueue_mail only and can't read it.

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    template text NOT NULL CHECK (length(template) <= 64),
    locale text NOT NULL CHECK (locale IN ('en', 'fr')),
    recipient text NOT NULL CHECK (length(recipient) <= 254),
    -- What the template says, single-use links included: gone as soon as the mail is.
    parameters jsonb,
    created_at timestamptz NOT NULL,
    -- After this the mail says something that is no longer true.
    expires_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_owner uuid,
    lease_until timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    -- A category such as "smtp 550", never the server's words: they hold addresses.
    last_error text CHECK (length(last_error) <= 200),
    CHECK (sent_at IS NULL OR failed_at IS NULL),
    CHECK ((parameters IS NULL) = (sent_at IS NOT NULL OR failed_at IS NOT NULL))
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_finished ON outbox (COALESCE(sent_at, failed_at)) WHERE sent_at IS NOT NULL OR failed_at IS NOT NULL;
CALL tenancy.lock_down('outbox');

-- Speaks the recipient's language when the recipient has an account, and doesn't tell whether that is so.
CREATE FUNCTION tenancy.enqueue_mail(mail uuid, mail_template text, fallback_locale text, mail_recipient text, mail_parameters jsonb,
        at timestamptz, mail_expires_at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.outbox (id, template, locale, recipient, parameters, created_at, expires_at, next_attempt_at)
        VALUES (mail, mail_template, COALESCE((SELECT u.locale FROM public.users u WHERE u.email = mail_recipient), fallback_locale),
            mail_recipient, mail_parameters, at, mail_expires_at, at)
$$;
REVOKE ALL ON FUNCTION tenancy.enqueue_mail(uuid, text, text, text, jsonb, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.enqueue_mail(uuid, text, text, text, jsonb, timestamptz, timestamptz) TO inventiv_app, inventiv_system;
