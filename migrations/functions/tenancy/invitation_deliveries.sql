-- What became of the mails of the organization's invitations. A mail that was finished long ago is known no more.
CREATE OR REPLACE FUNCTION tenancy.invitation_deliveries(organization uuid, wanted uuid[])
    RETURNS TABLE (invitation uuid, is_failing boolean, created_at timestamptz, sent_at timestamptz, failed_at timestamptz, reply text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.id, m.last_error IS NOT NULL, m.created_at, m.sent_at, m.failed_at, m.reply
    FROM public.organization_invitations i JOIN public.outbox m ON m.id = i.mail_id
    WHERE i.id = ANY(wanted) AND i.organization_id = organization
        AND organization = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid
$$;
REVOKE ALL ON FUNCTION tenancy.invitation_deliveries FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.invitation_deliveries TO inventiv_app;
