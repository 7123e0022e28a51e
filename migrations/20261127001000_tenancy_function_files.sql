-- The functions of schemas `auth` and `tenancy` live one file each below `functions/`, and are put into the database again when their
-- file changed. This is what was put in last. Class "system": nobody but the owner reaches it.

CREATE TABLE function_files (
    -- With its schema: auth.user_by_login
    name text PRIMARY KEY,
    -- SHA-256 of the file.
    hash bytea NOT NULL CHECK (length(hash) = 32),
    -- Version of the program that brought the file, by number.
    program_version integer[] NOT NULL
);
CALL tenancy.lock_down('function_files');
REVOKE ALL ON function_files FROM inventiv_system;
