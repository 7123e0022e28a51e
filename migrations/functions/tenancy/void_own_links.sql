-- The links that were mailed to the person of the transaction stop working: the password or the address is another one now.
CREATE OR REPLACE FUNCTION tenancy.void_own_links(at timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    UPDATE public.password_reset_tokens SET used_at = at WHERE user_id = person AND used_at IS NULL;
    UPDATE public.email_changes SET used_at = at WHERE user_id = person AND used_at IS NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.void_own_links FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.void_own_links TO inventiv_app;
