-- What somebody is invited to, for whoever holds the link.
CREATE OR REPLACE FUNCTION auth.invitation_by_token(presented_hash bytea)
    RETURNS TABLE (
        invitation_id uuid, organization_id uuid, organization_name text, organization_slug text, organization_color text, email text,
        role text, inviter_name text, inviter_role text, locale text, account_id uuid, expires_at timestamptz, accepted_at timestamptz,
        ended boolean, link_shown boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.id, o.id, o.name, o.slug, o.color, i.email, i.role, i.invited_by_name,
           CASE WHEN inviter.disabled_at IS NULL THEN m.role END, COALESCE(account.locale, inviter.locale), account.id, i.expires_at,
           i.accepted_at, i.revoked_at IS NOT NULL OR o.deleted_at IS NOT NULL, i.link_shown
        FROM public.organization_invitations i
        JOIN public.organizations o ON o.id = i.organization_id
        JOIN public.users inviter ON inviter.id = i.invited_by_user_id
        LEFT JOIN public.organization_memberships m ON m.organization_id = o.id AND m.user_id = inviter.id
        LEFT JOIN public.users account ON account.email = i.email
        WHERE i.token_hash = presented_hash
$$;
REVOKE ALL ON FUNCTION auth.invitation_by_token FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.invitation_by_token TO inventiv_app;
