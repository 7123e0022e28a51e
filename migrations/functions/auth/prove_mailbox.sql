-- The transaction's person has read the mail of the account's address. The first time, what was there before goes: whoever made the
-- account need not have been that person, and may have left doors open. No row where the mailbox was proven already.
CREATE OR REPLACE FUNCTION auth.prove_mailbox(at timestamptz)
    RETURNS TABLE (authenticators bigint, passkeys bigint, keys uuid[], key_tenants uuid[])
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    UPDATE public.users SET email_verified_at = at WHERE id = person AND email_verified_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM public.recovery_codes WHERE user_id = person;
    DELETE FROM public.sign_in_challenges WHERE user_id = person;
    DELETE FROM public.passkey_ceremonies WHERE user_id = person;
    RETURN QUERY
        WITH totp AS (DELETE FROM public.totp_authenticators WHERE user_id = person RETURNING 1),
        passkey AS (DELETE FROM public.passkeys WHERE user_id = person RETURNING 1),
        revoked AS (UPDATE public.api_keys SET revoked_at = at, revoked_by_user_id = person
            WHERE created_by_user_id = person AND (scope = 'personal' OR member_bound) AND revoked_at IS NULL RETURNING id, tenant)
        SELECT (SELECT count(*) FROM totp), (SELECT count(*) FROM passkey),
            ARRAY(SELECT id FROM revoked ORDER BY id), ARRAY(SELECT tenant FROM revoked ORDER BY id);
END $$;
REVOKE ALL ON FUNCTION auth.prove_mailbox FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.prove_mailbox TO inventiv_app;
