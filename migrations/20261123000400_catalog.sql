-- Where servers come from and what they cost. Class "global": everybody may read, the platform writes (system role).

CREATE TABLE providers (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9-]{1,32}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    is_active boolean NOT NULL DEFAULT true
);
CREATE TABLE regions (
    id uuid PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES providers (id),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    is_active boolean NOT NULL DEFAULT true,
    UNIQUE (provider_id, code),
    UNIQUE (provider_id, id)
);
CREATE TABLE zones (
    id uuid PRIMARY KEY,
    provider_id uuid NOT NULL,
    region_id uuid NOT NULL,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    is_active boolean NOT NULL DEFAULT true,
    FOREIGN KEY (provider_id, region_id) REFERENCES regions (provider_id, id),
    UNIQUE (provider_id, code),
    UNIQUE (provider_id, id)
);
CREATE TABLE instance_types (
    id uuid PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES providers (id),
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    cpu_count integer NOT NULL CHECK (cpu_count > 0),
    memory_gb integer NOT NULL CHECK (memory_gb > 0),
    gpu_count integer NOT NULL CHECK (gpu_count >= 0),
    vram_per_gpu_gb integer NOT NULL CHECK (vram_per_gpu_gb >= 0),
    cost_per_hour_eur numeric(28, 12) NOT NULL CHECK (cost_per_hour_eur >= 0),
    is_active boolean NOT NULL DEFAULT true,
    UNIQUE (provider_id, code),
    UNIQUE (provider_id, id)
);
CREATE TABLE instance_type_zones (
    provider_id uuid NOT NULL,
    instance_type_id uuid NOT NULL,
    zone_id uuid NOT NULL,
    is_available boolean NOT NULL DEFAULT true,
    -- Where it differs from the type's own price.
    cost_per_hour_eur numeric(28, 12) CHECK (cost_per_hour_eur >= 0),
    PRIMARY KEY (instance_type_id, zone_id),
    FOREIGN KEY (provider_id, instance_type_id) REFERENCES instance_types (provider_id, id),
    FOREIGN KEY (provider_id, zone_id) REFERENCES zones (provider_id, id)
);
-- What a type cost when; zone NULL is the type's own price.
CREATE TABLE instance_type_prices (
    id uuid PRIMARY KEY,
    instance_type_id uuid NOT NULL REFERENCES instance_types (id),
    zone_id uuid REFERENCES zones (id),
    cost_per_hour_eur numeric(28, 12) NOT NULL,
    valid_from timestamptz NOT NULL
);
CREATE INDEX instance_type_prices_type ON instance_type_prices (instance_type_id, valid_from);
GRANT SELECT ON providers, regions, zones, instance_types, instance_type_zones, instance_type_prices TO inventiv_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON providers, regions, zones, instance_types, instance_type_zones TO inventiv_system;
GRANT SELECT, INSERT ON instance_type_prices TO inventiv_system;

-- Models. Class "owned"; platform rows are the public catalogue, which everybody may read.
CREATE TABLE models (
    id uuid PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('platform', 'organization')),
    organization_id uuid REFERENCES organizations (id),
    owner_user_id uuid,
    tenant uuid NOT NULL GENERATED ALWAYS AS (COALESCE(organization_id, owner_user_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED,
    name text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 100),
    model_id text NOT NULL CHECK (model_id ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$'),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
    licence text NOT NULL DEFAULT '' CHECK (length(licence) <= 100),
    engine text NOT NULL CHECK (engine IN ('mock', 'vllm', 'llama_cpp')),
    engine_arguments text[] NOT NULL DEFAULT '{}' CHECK (cardinality(engine_arguments) <= 64),
    required_vram_gb integer NOT NULL CHECK (required_vram_gb >= 0),
    context_length integer NOT NULL CHECK (context_length > 0),
    data_volume_gb integer NOT NULL DEFAULT 0 CHECK (data_volume_gb >= 0),
    is_active boolean NOT NULL DEFAULT true,
    tech_activated_by uuid REFERENCES users (id),
    tech_activated_at timestamptz,
    eco_activated_by uuid REFERENCES users (id),
    eco_activated_at timestamptz,
    is_operational boolean NOT NULL GENERATED ALWAYS AS (tech_activated_at IS NOT NULL AND eco_activated_at IS NOT NULL) STORED,
    created_by_user_id uuid REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK ((scope = 'organization') = (organization_id IS NOT NULL)),
    CHECK ((scope = 'personal') = (owner_user_id IS NOT NULL)),
    UNIQUE (tenant, id)
);
CREATE UNIQUE INDEX models_model_id_key ON models (tenant, model_id) WHERE deleted_at IS NULL;
CALL tenancy.protect_owned('models');
CREATE POLICY public_models ON models FOR SELECT TO inventiv_app USING (scope = 'platform');
GRANT SELECT, INSERT, UPDATE ON models TO inventiv_app;

-- What a model's tokens cost, in versions: a usage event names the version it was charged by. Class "child".
CREATE TABLE model_prices (
    id uuid PRIMARY KEY,
    tenant uuid NOT NULL,
    model_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    input_eur_per_1m numeric(28, 12) NOT NULL CHECK (input_eur_per_1m >= 0),
    cached_input_eur_per_1m numeric(28, 12) NOT NULL CHECK (cached_input_eur_per_1m >= 0),
    output_eur_per_1m numeric(28, 12) NOT NULL CHECK (output_eur_per_1m >= 0),
    created_by_user_id uuid REFERENCES users (id),
    valid_from timestamptz NOT NULL,
    UNIQUE (tenant, model_id, version),
    UNIQUE (tenant, id),
    FOREIGN KEY (tenant, model_id) REFERENCES models (tenant, id)
);
CALL tenancy.protect_child('model_prices');
CREATE POLICY public_prices ON model_prices FOR SELECT TO inventiv_app
    USING (tenant = '00000000-0000-0000-0000-000000000000'::uuid);
GRANT SELECT, INSERT ON model_prices TO inventiv_app;
REVOKE UPDATE, DELETE ON model_prices FROM inventiv_system;
