-- Every page is read off an index in its order, and no loop looks through what is over (docs/adr/0015).

-- Which statuses end an instance, written once. Of one that ended nothing is left at the provider; one that failed may still exist there.
ALTER TABLE instances
    ADD COLUMN is_ended boolean NOT NULL GENERATED ALWAYS AS (status IN ('terminated', 'archived')) STORED,
    ADD COLUMN has_failed boolean NOT NULL GENERATED ALWAYS AS (status IN ('provisioning_failed', 'startup_failed', 'failed')) STORED;

DROP INDEX instances_due;
CREATE INDEX instances_due ON instances (reconcile_after) WHERE NOT is_ended;
CREATE INDEX instances_living ON instances (tenant, created_at, id) WHERE NOT is_ended;
-- What may serve: the gateway's table, the health of the fleet, and whether a model is in use.
CREATE INDEX instances_serving ON instances (model_tenant, model_id) WHERE NOT is_ended AND NOT has_failed;
-- A search is for a model, a type or a zone. Where few instances match, these find them.
CREATE INDEX instances_model ON instances (tenant, model_id);
CREATE INDEX instances_type ON instances (tenant, instance_type_id);
CREATE INDEX instances_zone ON instances (tenant, zone_id);
-- Counting needs nothing but this index. Columns that repeat are keys and not INCLUDEd, so that equal entries are stored once.
CREATE INDEX instances_counts ON instances (tenant, status, model_id, instance_type_id, zone_id, scope, organization_id, owner_user_id);

CREATE INDEX models_page ON models (tenant, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX organization_memberships_page ON organization_memberships (organization_id, created_at DESC, user_id DESC);

-- Entries of one action, actor or target, the newest first.
DROP INDEX audit_log_action;
DROP INDEX audit_log_actor;
DROP INDEX audit_log_target;
CREATE INDEX audit_log_action ON audit_log (tenant, action, occurred_at DESC, id DESC);
CREATE INDEX audit_log_actor ON audit_log (tenant, actor_id, occurred_at DESC, id DESC);
CREATE INDEX audit_log_target ON audit_log (tenant, target_id, occurred_at DESC, id DESC);
