-- What people call an instance. Two may have one name; most have none and go by their model's.
ALTER TABLE instances ADD COLUMN name text CHECK (length(btrim(name)) BETWEEN 1 AND 100);
-- Those with a name, newest first, with what a search by name asks of them: the table isn't read for it.
CREATE INDEX instances_named ON instances (tenant, created_at DESC, id DESC) INCLUDE (name, status, model_id, instance_type_id, zone_id)
    WHERE name IS NOT NULL;
