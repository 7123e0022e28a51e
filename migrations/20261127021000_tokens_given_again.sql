-- The function in auth/switch_session.sql says until when the token before may fetch the next one.
DROP FUNCTION IF EXISTS auth.switch_session(uuid, bytea, uuid, timestamptz);
