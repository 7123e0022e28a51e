-- Secret columns: whatever opens a door or lets somebody pass for somebody else. Requests neither read nor write them, whoever asks and
-- whosever they are, the person's own included; the functions of schema `auth` do, each for exactly one purpose. The list is in
-- tests/it/isolation/classes.rs, and a test holds it against these grants.

-- ---------------------------------------------------------------- people and sessions

REVOKE SELECT, INSERT, UPDATE ON users FROM inventiv_app;
GRANT SELECT (id, email, username, first_name, last_name, locale, platform_role, account_plan, email_verified_at, disabled_at, deleted_at,
    last_seen_at, created_at, updated_at) ON users TO inventiv_app;
GRANT UPDATE (email, username, first_name, last_name, locale, email_verified_at, last_seen_at, updated_at) ON users TO inventiv_app;
-- Accounts of others are changed by the system's transactions alone.
DROP POLICY platform_admin ON users;
CREATE POLICY platform_admin ON users FOR SELECT TO inventiv_app
    USING ((SELECT current_setting('inventiv.platform', true)) = 'on');

REVOKE SELECT, INSERT, UPDATE ON user_sessions FROM inventiv_app;
GRANT SELECT (id, user_id, current_organization_id, organization_role, token_issued_at, ip_address, user_agent, created_at, last_used_at,
    expires_at, revoked_at, authenticated_at) ON user_sessions TO inventiv_app;
GRANT UPDATE (revoked_at, authenticated_at) ON user_sessions TO inventiv_app;
-- Sessions of colleagues are followed up by tenancy.show_role_in_sessions and its sisters.
DROP POLICY sessions_of_organization ON user_sessions;
DROP POLICY sessions_of_organization_change ON user_sessions;

-- ---------------------------------------------------------------- keys and invitations

REVOKE SELECT, INSERT, UPDATE ON api_keys FROM inventiv_app;
GRANT SELECT (id, scope, organization_id, owner_user_id, tenant, created_by_user_id, member_bound, name, public_id, prefix, allowed_models,
    expires_at, last_used_at, created_at, revoked_at, revoked_by_user_id, rotated_from) ON api_keys TO inventiv_app;
GRANT UPDATE (name, allowed_models, expires_at, revoked_at, revoked_by_user_id) ON api_keys TO inventiv_app;

REVOKE SELECT, INSERT, UPDATE ON organization_invitations FROM inventiv_app;
GRANT SELECT (id, organization_id, email, role, invited_by_user_id, invited_by_name, created_at, expires_at, accepted_at,
    accepted_by_user_id, revoked_at, revoked_by_user_id) ON organization_invitations TO inventiv_app;
GRANT UPDATE (revoked_at, revoked_by_user_id) ON organization_invitations TO inventiv_app;

-- ---------------------------------------------------------------- second factors

REVOKE SELECT, INSERT, UPDATE ON totp_authenticators FROM inventiv_app;
GRANT SELECT (user_id, created_at, confirmed_at, last_step, last_used_at) ON totp_authenticators TO inventiv_app;
GRANT UPDATE (confirmed_at, last_step, last_used_at) ON totp_authenticators TO inventiv_app;

REVOKE SELECT, INSERT, UPDATE ON passkeys FROM inventiv_app;
GRANT SELECT (id, user_id, name, rp_id, created_at, last_used_at) ON passkeys TO inventiv_app;
GRANT UPDATE (name) ON passkeys TO inventiv_app;

REVOKE ALL ON recovery_codes FROM inventiv_app;
GRANT SELECT (user_id, created_at, used_at) ON recovery_codes TO inventiv_app;

REVOKE ALL ON sign_in_challenges FROM inventiv_app;
GRANT SELECT (user_id, created_at, expires_at, failures) ON sign_in_challenges TO inventiv_app;
GRANT DELETE ON sign_in_challenges TO inventiv_app;

REVOKE ALL ON passkey_ceremonies FROM inventiv_app;
DROP POLICY own_rows ON passkey_ceremonies;

-- ---------------------------------------------------------------- answers kept for Idempotency-Key

REVOKE ALL ON idempotency_keys FROM inventiv_app;
DROP POLICY own_rows ON idempotency_keys;
