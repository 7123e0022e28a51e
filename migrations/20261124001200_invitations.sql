-- Invitations into organizations, by mail. Class "identity": those of the current organization.

CREATE TABLE organization_invitations (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    email text NOT NULL CHECK (email = lower(btrim(email)) AND length(email) BETWEEN 3 AND 254),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'user')),
    token_hash bytea NOT NULL,
    invited_by_user_id uuid NOT NULL REFERENCES users (id),
    -- As it was: whoever leaves is out of sight, the invitation isn't.
    invited_by_name text NOT NULL CHECK (length(invited_by_name) <= 210),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by_user_id uuid REFERENCES users (id),
    revoked_at timestamptz,
    revoked_by_user_id uuid REFERENCES users (id),
    CHECK ((accepted_at IS NULL) = (accepted_by_user_id IS NULL)),
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX organization_invitations_token_key ON organization_invitations (token_hash);
-- One open invitation per address. Accepted and revoked ones never stand in the way of a new one.
CREATE UNIQUE INDEX organization_invitations_open_key ON organization_invitations (organization_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX organization_invitations_page ON organization_invitations (organization_id, created_at DESC, id DESC);

CALL tenancy.lock_down('organization_invitations');
GRANT SELECT, INSERT ON organization_invitations TO inventiv_app;
GRANT UPDATE (token_hash, invited_by_user_id, invited_by_name, expires_at, revoked_at, revoked_by_user_id) ON organization_invitations
    TO inventiv_app;
CREATE POLICY current_organization ON organization_invitations TO inventiv_app
    USING (organization_id = NULLIF((SELECT current_setting('inventiv.organization_id', true)), '')::uuid);

-- What somebody is invited to, for whoever holds the link.
CREATE FUNCTION auth.invitation_by_token(presented_hash bytea)
    RETURNS TABLE (
        invitation_id uuid, organization_id uuid, organization_name text, organization_slug text, organization_color text, email text,
        role text, inviter_name text, inviter_role text, locale text, account_id uuid, expires_at timestamptz, accepted_at timestamptz,
        ended boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.id, o.id, o.name, o.slug, o.color, i.email, i.role, i.invited_by_name,
           CASE WHEN inviter.disabled_at IS NULL THEN m.role END, COALESCE(account.locale, inviter.locale), account.id, i.expires_at,
           i.accepted_at, i.revoked_at IS NOT NULL OR o.deleted_at IS NOT NULL
        FROM public.organization_invitations i
        JOIN public.organizations o ON o.id = i.organization_id
        JOIN public.users inviter ON inviter.id = i.invited_by_user_id
        LEFT JOIN public.organization_memberships m ON m.organization_id = o.id AND m.user_id = inviter.id
        LEFT JOIN public.users account ON account.email = i.email
        WHERE i.token_hash = presented_hash
$$;
REVOKE ALL ON FUNCTION auth.invitation_by_token(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.invitation_by_token(bytea) TO inventiv_app;
