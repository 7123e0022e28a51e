-- A session by its id and the hash of one of its token ids, with everything a request needs to know about its principal.
CREATE OR REPLACE FUNCTION auth.session_by_token(wanted uuid, presented_hash bytea, at timestamptz)
    RETURNS TABLE (
        session_id uuid, user_id uuid, token_state text, token_issued_at timestamptz, last_used_at timestamptz, expires_at timestamptz,
        platform_role text, organization_id uuid, organization_role text, members_can_create_keys boolean, authenticated_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.id, s.user_id,
           CASE WHEN s.token_hash = presented_hash THEN 'current'
                WHEN s.previous_token_reason = 'moved' THEN 'moved'
                -- For a moment the answer with the next token may have been lost: who comes with the one before may fetch it again.
                WHEN s.previous_token_reason = 'switched' THEN CASE WHEN s.previous_token_valid_until > at THEN 'moved' ELSE 'switched' END
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
REVOKE ALL ON FUNCTION auth.session_by_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.session_by_token TO inventiv_app;
