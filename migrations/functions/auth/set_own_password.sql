-- A new password for the transaction's person.
CREATE OR REPLACE FUNCTION auth.set_own_password(new_hash text, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.users SET password_hash = new_hash, updated_at = at WHERE id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION auth.set_own_password FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.set_own_password TO inventiv_app;
