-- What somebody with the database put beside the chains, or put back (docs/adr/0021).

-- Not asked of what is there: where it is wrong already, `inventiv audit verify` says so, and nothing is to be mended before.
ALTER TABLE audit_log ADD CONSTRAINT audit_log_sequence_check CHECK (sequence > 0) NOT VALID;
-- The number of the register when the head was written, covered by its seal.
ALTER TABLE audit_chains ADD COLUMN register bigint NOT NULL DEFAULT 0;
