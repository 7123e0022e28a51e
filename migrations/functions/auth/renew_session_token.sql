-- Gives a session of the transaction's person its next token: in exchange for the current one, which works until `overlap`, or for the
-- one that it had when somebody else moved it (whose holder is told so ever after). The next token is the same whoever asks: true also
-- where it is the session's already and the time of the one before is not over. False for any other token.
CREATE OR REPLACE FUNCTION auth.renew_session_token(session uuid, old_hash bytea, new_hash bytea, at timestamptz, overlap timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    person uuid := NULLIF(current_setting('inventiv.user_id', true), '')::uuid;
BEGIN
    UPDATE public.user_sessions s SET token_hash = new_hash, token_issued_at = at, last_used_at = at, previous_token_hash = old_hash,
            previous_token_reason = CASE WHEN s.token_hash = old_hash THEN 'renewed' ELSE 'switched' END,
            previous_token_valid_until = overlap
        WHERE s.id = session AND s.user_id = person AND s.revoked_at IS NULL
            AND (s.token_hash = old_hash OR (s.previous_token_hash = old_hash AND s.previous_token_reason = 'moved'));
    RETURN FOUND OR EXISTS (
        SELECT 1 FROM public.user_sessions s
            WHERE s.id = session AND s.user_id = person AND s.revoked_at IS NULL
                AND s.token_hash = new_hash AND s.previous_token_hash = old_hash
                AND s.previous_token_valid_until > at);
END $$;
REVOKE ALL ON FUNCTION auth.renew_session_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.renew_session_token TO inventiv_app;
