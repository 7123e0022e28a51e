-- Keys that take another's place. The one before works until the overlap ends: its expiry says when.

ALTER TABLE api_keys ADD COLUMN rotated_from uuid,
    ADD CONSTRAINT api_keys_rotated_from_fkey FOREIGN KEY (tenant, rotated_from) REFERENCES api_keys (tenant, id),
    ADD CONSTRAINT api_keys_rotated_from_check CHECK (rotated_from <> id);
-- A key is replaced once; whoever wants another one replaces the successor.
CREATE UNIQUE INDEX api_keys_successor_key ON api_keys (tenant, rotated_from) WHERE rotated_from IS NOT NULL;

-- What a key is at a moment: one answer for lists, filters and counts. Looks at nothing but its arguments.
CREATE FUNCTION api_key_state(revoked_at timestamptz, expires_at timestamptz, replaced boolean, at timestamptz) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= at THEN 'expired' WHEN replaced THEN 'rotating' ELSE 'active' END
$$;
