-- Keeps what the people of a new entry are called, where the log doesn't know it yet. Entries of one log come one after the other: the
-- chain's head is locked. Trigger audit_log_people.
CREATE OR REPLACE FUNCTION tenancy.remember_people_of_log() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.audit_people AS known (tenant, user_id, since, email, name)
        SELECT NEW.tenant, u.id, GREATEST(NEW.occurred_at, last.since), u.email, btrim(u.first_name || ' ' || u.last_name)
        FROM public.users u LEFT JOIN LATERAL (
            SELECT p.since, p.email, p.name FROM public.audit_people p WHERE p.tenant = NEW.tenant AND p.user_id = u.id
            ORDER BY p.since DESC LIMIT 1) AS last ON true
        WHERE u.id = ANY(ARRAY[CASE WHEN NEW.actor_kind = 'user' THEN NEW.actor_id END, CASE WHEN NEW.target_type = 'user' THEN NEW.target_id END])
            AND u.deleted_at IS NULL
            AND (last.since IS NULL OR (last.email, last.name) IS DISTINCT FROM (u.email, btrim(u.first_name || ' ' || u.last_name)))
        -- Behind who closes the account, whose name must not come back.
        FOR KEY SHARE OF u
        ON CONFLICT (tenant, user_id, since) DO UPDATE SET email = EXCLUDED.email, name = EXCLUDED.name;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.remember_people_of_log FROM PUBLIC, inventiv_app, inventiv_system;
