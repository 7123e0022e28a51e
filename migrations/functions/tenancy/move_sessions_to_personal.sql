-- Who leaves an organization takes the sessions along: they go on in Personal, under a token that is handed out at the next
-- contact. `person` NULL: everybody, when the organization ends. A definer function, because nobody reaches a colleague's sessions
-- otherwise. Only for the organization of the transaction; a plain member moves nobody else's.
CREATE OR REPLACE FUNCTION tenancy.move_sessions_to_personal(organization uuid, person uuid)
    RETURNS TABLE (session_id uuid, user_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.user_sessions s SET current_organization_id = NULL, organization_role = NULL,
            previous_token_hash = s.token_hash, previous_token_reason = 'moved', previous_token_valid_until = NULL,
            token_hash = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        WHERE s.current_organization_id = organization AND (person IS NULL OR s.user_id = person) AND s.revoked_at IS NULL
            AND organization = NULLIF(current_setting('inventiv.organization_id', true), '')::uuid
            AND (person = NULLIF(current_setting('inventiv.user_id', true), '')::uuid OR tenancy.may_act_on_members(organization))
        RETURNING s.id, s.user_id
$$;
REVOKE ALL ON FUNCTION tenancy.move_sessions_to_personal FROM PUBLIC, inventiv_app, inventiv_system;
GRANT EXECUTE ON FUNCTION tenancy.move_sessions_to_personal TO inventiv_app;
