-- What a model is asked for: an answer to a conversation, or the embedding of a text.
ALTER TABLE models ADD COLUMN kind text NOT NULL DEFAULT 'chat' CHECK (kind IN ('chat', 'embedding'));
UPDATE models SET kind = 'embedding' WHERE scope = 'platform' AND model_id IN ('Qwen/Qwen3-Embedding-0.6B', 'BAAI/bge-m3');

-- A model's deletion keeps its row, so the foreign key does not notice it. The lock makes a deployment wait for a deletion that is
-- under way, and the other way round.
CREATE FUNCTION tenancy.require_living_model() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public.models WHERE tenant = NEW.model_tenant AND id = NEW.model_id AND deleted_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an instance needs a model' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'instances_living_model';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION tenancy.require_living_model() FROM PUBLIC;
CREATE TRIGGER instances_living_model BEFORE INSERT ON instances FOR EACH ROW EXECUTE FUNCTION tenancy.require_living_model();
