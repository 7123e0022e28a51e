-- Invites an address into the organization of the transaction; without a mail the link is shown to whoever invites. False when it has an open invitation, or the person is a plain member.
CREATE OR REPLACE FUNCTION auth.create_invitation(invitation uuid, organization uuid, address text, invited_role text, new_hash bytea,
        inviter_name text, at timestamptz, until timestamptz, mail uuid) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH made AS (
        INSERT INTO public.organization_invitations (id, organization_id, email, role, token_hash, invited_by_user_id, invited_by_name,
                created_at, expires_at, mail_id, link_shown)
            SELECT invitation, organization, address, invited_role, new_hash,
                NULLIF(current_setting('inventiv.user_id', true), '')::uuid, inviter_name, at, until, mail, mail IS NULL
            WHERE tenancy.may_act_on_members(organization)
            ON CONFLICT (organization_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL DO NOTHING
            RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM made)
$$;
REVOKE ALL ON FUNCTION auth.create_invitation FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.create_invitation TO inventiv_app;
