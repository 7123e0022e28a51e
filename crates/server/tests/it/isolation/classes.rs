//! The reviewed list: which class each table is in. A new table gets a line here, and with it the rules of its class.

/// See migrations/…_tenancy_foundation.sql for what protects each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The catalogue: everybody reads, the platform writes.
    Global,
    /// People and what ties them to organizations. The SQL says which rows are a side's: `{tenant}` is the tenant, `{people}` a
    /// list of its people.
    Identity(&'static str),
    /// Has a scope and a tenant made from it.
    Owned,
    /// Repeats its parent's tenant.
    Child,
    /// Consumer and provider each see the row.
    TwoSided,
    /// Out of reach for the application's role.
    System,
}

pub const TABLES: &[(&str, Class)] = &[
    ("_sqlx_migrations", Class::System),
    ("api_keys", Class::Owned),
    ("audit_chains", Class::Child),
    ("audit_log", Class::Child),
    ("audit_people", Class::Child),
    ("audit_register", Class::System),
    ("audit_registered", Class::System),
    ("background_leases", Class::System),
    ("cloud_operations", Class::Child),
    ("email_changes", Class::System),
    ("function_files", Class::System),
    (
        "idempotency_keys",
        Class::Identity("user_id IN ({people}) OR tenant = '{tenant}'"),
    ),
    ("inference_usage", Class::TwoSided),
    ("installation", Class::System),
    ("instance_cost_segments", Class::Child),
    ("instance_counts", Class::Child),
    ("instance_state_history", Class::Child),
    ("instance_type_prices", Class::Global),
    ("instance_type_zones", Class::Global),
    ("instance_types", Class::Global),
    ("instances", Class::Owned),
    ("jobs", Class::System),
    ("login_throttles", Class::System),
    ("model_prices", Class::Child),
    ("models", Class::Owned),
    (
        "organization_invitations",
        Class::Identity("organization_id = '{tenant}'"),
    ),
    (
        "organization_memberships",
        Class::Identity("user_id IN ({people}) OR organization_id = '{tenant}'"),
    ),
    ("organizations", Class::Identity("id = '{tenant}'")),
    ("outbox", Class::System),
    ("passkey_ceremonies", Class::Identity("user_id IN ({people})")),
    ("passkeys", Class::Identity("user_id IN ({people})")),
    ("password_reset_tokens", Class::System),
    ("providers", Class::Global),
    ("recovery_codes", Class::Identity("user_id IN ({people})")),
    ("regions", Class::Global),
    ("sign_in_challenges", Class::Identity("user_id IN ({people})")),
    ("totp_authenticators", Class::Identity("user_id IN ({people})")),
    (
        "user_sessions",
        Class::Identity("user_id IN ({people}) OR current_organization_id = '{tenant}'"),
    ),
    ("users", Class::Identity("id IN ({people})")),
    ("worker_tokens", Class::Child),
    ("zones", Class::Global),
];

/// Columns that open a door or let somebody pass for somebody else. Requests neither read nor write them, whoever asks and whosever they
/// are: by no grant, without exception. The functions of schema `auth` do, each for one purpose.
pub const SECRET_COLUMNS: &[(&str, &str)] = &[
    ("api_keys", "secret_hash"),
    ("email_changes", "token_hash"),
    ("idempotency_keys", "request_hash"),
    ("idempotency_keys", "response"),
    ("jobs", "payload"),
    ("organization_invitations", "token_hash"),
    ("outbox", "parameters"),
    ("passkey_ceremonies", "state"),
    ("passkeys", "credential"),
    ("passkeys", "credential_id"),
    ("password_reset_tokens", "token_hash"),
    ("recovery_codes", "code_hash"),
    ("sign_in_challenges", "passkey_state"),
    ("sign_in_challenges", "token_hash"),
    ("totp_authenticators", "secret_encrypted"),
    ("user_sessions", "previous_token_hash"),
    ("user_sessions", "token_hash"),
    ("users", "password_hash"),
    ("worker_tokens", "token_hash"),
];

/// Columns that look like secrets (see isolation/secret_columns.rs) and open nothing, with the reason.
pub const NOT_SECRET: &[(&str, &str, &str)] = &[
    ("_sqlx_migrations", "checksum", "of a file that everybody has"),
    (
        "audit_chains",
        "head_hash",
        "a chain is checked by it, nobody is let in",
    ),
    (
        "audit_chains",
        "seal",
        "made with a key that is not here, nobody is let in by it",
    ),
    ("audit_register", "seal", "as that of a chain"),
    ("audit_register", "sum", "of keyed marks, nobody is let in by it"),
    ("audit_registered", "hash", "a chain is checked by it, nobody is let in"),
    ("audit_log", "after", "what readers of the log are shown"),
    ("audit_log", "before", "what readers of the log are shown"),
    ("audit_log", "hash", "a chain is checked by it, nobody is let in"),
    (
        "audit_log",
        "previous_hash",
        "a chain is checked by it, nobody is let in",
    ),
    ("background_leases", "token", "tells replicas apart, nobody presents it"),
    ("function_files", "hash", "of a file that everybody has"),
    ("inference_usage", "api_key_id", "an id"),
    ("inference_usage", "api_key_name", "a name"),
    ("inference_usage", "cached_input_tokens", "a number of words"),
    ("inference_usage", "first_token_ms", "a time"),
    ("inference_usage", "output_tokens", "a number of words"),
    (
        "inference_usage",
        "payload_hash",
        "tells a replay from a forgery, nobody is let in",
    ),
    ("inference_usage", "reasoning_tokens", "a number of words"),
    ("inference_usage", "uncached_input_tokens", "a number of words"),
    (
        "installation",
        "secret_check",
        "tells master secrets apart and reveals none",
    ),
    (
        "instances",
        "lease_token",
        "tells reconcilers apart, nobody presents it",
    ),
    ("jobs", "lease_token", "tells runs apart, nobody presents it"),
    ("jobs", "unique_key", "what a job is about, and no request reads it"),
    ("organizations", "members_can_create_keys", "a policy"),
    ("user_sessions", "previous_token_reason", "a word"),
    ("user_sessions", "previous_token_valid_until", "a time"),
    ("user_sessions", "token_issued_at", "a time"),
];

/// Functions that run with the owner's rights. Each one was read with an attacker's eyes: exact look-ups, counters, and acts on what the
/// settings say is the person's own.
pub const DEFINER_FUNCTIONS: &[&str] = &[
    "auth.add_passkey",
    "auth.api_key_by_public_id",
    "auth.clear_quota",
    "auth.consume_email_change",
    "auth.consume_password_reset_token",
    "auth.count_challenge_failure",
    "auth.create_api_key",
    "auth.create_invitation",
    "auth.email_change_by_token",
    "auth.end_challenge",
    "auth.hold_own_account",
    "auth.invitation_by_token",
    "auth.keep_answer",
    "auth.last_workspace",
    "auth.lock_actor",
    "auth.lock_challenge",
    "auth.lock_own_totp",
    "auth.lock_session_token",
    "auth.open_challenge",
    "auth.open_session",
    "auth.own_answer",
    "auth.own_passkeys",
    "auth.own_password_hash",
    "auth.password_reset_by_token",
    "auth.prove_mailbox",
    "auth.put_passkey_ceremony",
    "auth.put_unconfirmed_totp",
    "auth.refund_quota",
    "auth.refund_quotas",
    "auth.remember_workspace",
    "auth.renew_invitation",
    "auth.renew_session_token",
    "auth.replace_recovery_codes",
    "auth.request_password_reset",
    "auth.session_by_token",
    "auth.set_own_password",
    "auth.sign_in_challenge",
    "auth.spend_quotas",
    "auth.switch_session",
    "auth.take_passkey_ceremony",
    "auth.touch_session",
    "auth.use_passkey",
    "auth.use_recovery_code",
    "auth.user_by_login",
    "auth.worker_token_by_hash",
    "tenancy.audit_register_number",
    "tenancy.count_instances",
    "tenancy.enqueue_job",
    "tenancy.enqueue_mail",
    "tenancy.ensure_usage_partition",
    "tenancy.has_owner",
    "tenancy.hold_sessions",
    "tenancy.invitation_deliveries",
    "tenancy.lock_own_role",
    "tenancy.members_count",
    "tenancy.model_in_use",
    "tenancy.move_sessions_to_personal",
    "tenancy.remember_people_of_log",
    "tenancy.request_email_change",
    "tenancy.require_first_owner",
    "tenancy.require_living_model",
    "tenancy.require_owner",
    "tenancy.require_owners_of_account",
    "tenancy.seen_in",
    "tenancy.sessions_count",
    "tenancy.show_role_in_sessions",
    "tenancy.void_own_links",
];

impl Class {
    /// Do rows belong to somebody?
    pub fn has_tenants(self) -> bool {
        !matches!(self, Class::Global | Class::System)
    }

    /// The columns that say whose a row is.
    pub fn tenant_columns(self) -> &'static [&'static str] {
        match self {
            Class::Owned | Class::Child => &["tenant"],
            Class::TwoSided => &["consumer_tenant", "provider_tenant"],
            Class::Global | Class::Identity(_) | Class::System => &[],
        }
    }

    /// A condition that holds for the rows of a tenant.
    pub fn belongs_to(self, tenant: uuid::Uuid, people: &[uuid::Uuid]) -> String {
        match self {
            Class::Identity(condition) => {
                let people: Vec<_> = people.iter().map(|id| format!("'{id}'")).collect();
                condition
                    .replace("{tenant}", &tenant.to_string())
                    .replace("{people}", &people.join(", "))
            }
            _ => {
                let columns: Vec<_> = self
                    .tenant_columns()
                    .iter()
                    .map(|column| format!("{column} = '{tenant}'"))
                    .collect();
                columns.join(" OR ")
            }
        }
    }
}
