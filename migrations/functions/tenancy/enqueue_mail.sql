-- Speaks the recipient's language when the recipient has an account, and doesn't tell whether that is so.
CREATE OR REPLACE FUNCTION tenancy.enqueue_mail(mail uuid, mail_template text, fallback_locale text, mail_recipient text,
        mail_parameters jsonb, at timestamptz, mail_expires_at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.outbox (id, template, locale, recipient, parameters, created_at, expires_at, next_attempt_at)
        VALUES (mail, mail_template, COALESCE((SELECT u.locale FROM public.users u WHERE u.email = mail_recipient), fallback_locale),
            mail_recipient, mail_parameters, at, mail_expires_at, at)
$$;
REVOKE ALL ON FUNCTION tenancy.enqueue_mail FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.enqueue_mail TO inventiv_app, inventiv_system;
