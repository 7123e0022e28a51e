-- A model's deletion keeps its row, so the foreign key does not notice it. The lock makes a deployment wait for a deletion that is
-- under way, and the other way round.
CREATE OR REPLACE FUNCTION tenancy.require_living_model() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public.models WHERE tenant = NEW.model_tenant AND id = NEW.model_id AND deleted_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an instance needs a model' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'instances_living_model';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_living_model FROM PUBLIC, inventiv_app, inventiv_system;
