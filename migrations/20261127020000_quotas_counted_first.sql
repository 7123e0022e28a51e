-- Every limit is counted before anything is looked at: auth.spend_quotas, auth.refund_quota and auth.clear_quota, in function files,
-- take the place of these.
DROP FUNCTION IF EXISTS auth.request_password_reset(text, text, integer, text, integer, timestamptz, integer);
DROP FUNCTION IF EXISTS auth.count_attempt(text, timestamptz, integer);
DROP FUNCTION IF EXISTS auth.record_login_failure(text, timestamptz, integer);
DROP FUNCTION IF EXISTS auth.login_failures(text, timestamptz, integer);
DROP FUNCTION IF EXISTS auth.clear_login_failures(text);
