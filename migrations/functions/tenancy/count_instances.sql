-- Keeps `instance_counts` true. Nobody waits for anybody: whoever finds a group's row in use takes another of its rows, or adds one;
-- what counts is their sum. So a group has as many rows as ever changed it at once. Many that are added by one statement count at
-- once, from `added`.
CREATE OR REPLACE FUNCTION tenancy.count_instances() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changes public.instance_counts[];
    change public.instance_counts;
BEGIN
    IF TG_OP = 'INSERT' THEN
        changes := ARRAY(SELECT ROW(NULL, tenant, status, model_id, instance_type_id, zone_id, count(*))::public.instance_counts
            FROM added GROUP BY tenant, status, model_id, instance_type_id, zone_id);
    ELSE
        changes := ARRAY[ROW(NULL, OLD.tenant, OLD.status, OLD.model_id, OLD.instance_type_id, OLD.zone_id, -1)::public.instance_counts];
        IF TG_OP = 'UPDATE' THEN
            changes := changes || ROW(NULL, NEW.tenant, NEW.status, NEW.model_id, NEW.instance_type_id, NEW.zone_id, 1)::public.instance_counts;
        END IF;
    END IF;
    FOREACH change IN ARRAY changes LOOP
        UPDATE public.instance_counts SET instances = instances + change.instances WHERE id = (
            SELECT c.id FROM public.instance_counts c
            WHERE c.tenant = change.tenant AND c.status = change.status AND c.model_id = change.model_id
                AND c.instance_type_id = change.instance_type_id AND c.zone_id = change.zone_id
            LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
        IF NOT FOUND THEN
            INSERT INTO public.instance_counts (tenant, status, model_id, instance_type_id, zone_id, instances)
            VALUES (change.tenant, change.status, change.model_id, change.instance_type_id, change.zone_id, change.instances);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.count_instances FROM PUBLIC, inventiv_app, inventiv_system;
