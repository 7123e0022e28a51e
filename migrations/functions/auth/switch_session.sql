-- Moves a session of the transaction's person into one of the person's organizations, or into Personal for NULL, under a new token; whoever
-- comes with the one before is told that the workspace changed and, until `overlap`, given the next one: its answer may have been lost. False
-- when the session ended or the person is no member.
CREATE OR REPLACE FUNCTION auth.switch_session(session uuid, new_hash bytea, organization uuid, at timestamptz, overlap timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH membership AS (
        SELECT m.role FROM public.organization_memberships m
            WHERE m.organization_id = organization AND m.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid),
    switched AS (
        UPDATE public.user_sessions s SET previous_token_hash = s.token_hash, previous_token_reason = 'switched',
                previous_token_valid_until = overlap, token_hash = new_hash, token_issued_at = at, last_used_at = at,
                current_organization_id = organization, organization_role = (SELECT role FROM membership)
            WHERE s.id = session AND s.user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid AND s.revoked_at IS NULL
                AND (organization IS NULL OR EXISTS (SELECT 1 FROM membership))
            RETURNING s.id)
    SELECT EXISTS (SELECT 1 FROM switched)
$$;
REVOKE ALL ON FUNCTION auth.switch_session FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.switch_session TO inventiv_app;
