-- A new link from a new inviter, for an invitation of the transaction's organization; the link before stops working.
CREATE OR REPLACE FUNCTION auth.renew_invitation(organization uuid, invitation uuid, new_hash bytea, inviter_name text, until timestamptz, mail uuid)
    RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.organization_invitations i SET token_hash = new_hash, invited_by_name = inviter_name, expires_at = until, mail_id = mail, link_shown = mail IS NULL,
            invited_by_user_id = NULLIF(current_setting('inventiv.user_id', true), '')::uuid
        WHERE i.id = invitation AND i.organization_id = organization AND tenancy.may_act_on_members(organization)
$$;
REVOKE ALL ON FUNCTION auth.renew_invitation FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION auth.renew_invitation TO inventiv_app;
