-- A new address for the person of the transaction, once it is confirmed. Links to addresses asked for before stop working.
CREATE OR REPLACE FUNCTION tenancy.request_email_change(new_hash bytea, address text, at timestamptz, until timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    UPDATE public.email_changes SET used_at = at WHERE user_id = person AND used_at IS NULL;
    INSERT INTO public.email_changes (token_hash, user_id, new_email, created_at, expires_at) VALUES (new_hash, person, address, at, until);
END $$;
REVOKE ALL ON FUNCTION tenancy.request_email_change FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.request_email_change TO inventiv_app;
