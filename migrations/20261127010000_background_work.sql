-- Background work: which replica does what one replica is enough for, and jobs. Both tables are of class "system": requests add
-- jobs through tenancy.enqueue_job only and can't read them.

CREATE TABLE background_leases (
    task text PRIMARY KEY CHECK (length(task) <= 64),
    owner text NOT NULL CHECK (length(owner) <= 100),
    token uuid NOT NULL,
    until timestamptz NOT NULL
);
CALL tenancy.lock_down('background_leases');

-- Written in the transaction that causes them, done afterwards, at least once.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (length(kind) <= 64),
    -- At most one job of a kind with the same key is unfinished.
    unique_key text CHECK (length(unique_key) <= 300),
    payload jsonb CHECK (pg_column_size(payload) <= 16384),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    -- A category such as "unavailable", never an error's words: they may hold addresses.
    last_error text CHECK (length(last_error) <= 200),
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((finished_at IS NULL) = (state = 'waiting')),
    CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
    -- A job that is done needs neither again, and both may name people. A dead one may be tried again.
    CHECK ((payload IS NULL) = (state = 'done')),
    CHECK (state <> 'done' OR unique_key IS NULL)
);
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE state = 'waiting';
CREATE INDEX jobs_due ON jobs (kind, run_at) WHERE state = 'waiting';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_age ON jobs (created_at, id);
CREATE INDEX jobs_age_by_state ON jobs (state, created_at, id);
CALL tenancy.lock_down('jobs');

-- Requests for new passwords are jobs. They live for seconds: those that wait now are taken along. A program of the version before says that requests wait until it is
-- replaced; they don't.
INSERT INTO jobs (id, kind, unique_key, payload, run_at, created_at)
    SELECT gen_random_uuid(), 'password_request', email, jsonb_build_object('email', email, 'requested_at', requested_at), requested_at, requested_at
    FROM password_reset_requests;
DROP TABLE password_reset_requests;

-- What the platform sees of its queues: what waits, what was done, what was given up, and never what it is about.
ALTER TABLE outbox ADD COLUMN state text NOT NULL GENERATED ALWAYS AS
    (CASE WHEN sent_at IS NOT NULL THEN 'done' WHEN failed_at IS NOT NULL THEN 'dead' ELSE 'waiting' END) STORED;
ALTER TABLE outbox ADD CHECK (state IN ('waiting', 'done', 'dead'));
CREATE INDEX outbox_age ON outbox (created_at, id);
CREATE INDEX outbox_age_by_state ON outbox (state, created_at, id);
CREATE VIEW queued_work WITH (security_invoker = true) AS
    SELECT id, kind, state, attempts, run_at AS next_attempt_at, last_error, created_at, finished_at, state = 'dead' AS can_be_retried
        FROM jobs
    UNION ALL
    SELECT id, 'mail.' || template, state, attempts, next_attempt_at, last_error, created_at, COALESCE(sent_at, failed_at), false
        FROM outbox;
GRANT SELECT ON queued_work TO inventiv_system;
