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
    ("cloud_operations", Class::Child),
    ("email_changes", Class::System),
    (
        "idempotency_keys",
        Class::Identity("user_id IN ({people}) OR tenant = '{tenant}'"),
    ),
    ("inference_usage", Class::TwoSided),
    ("instance_cost_segments", Class::Child),
    ("instance_state_history", Class::Child),
    ("instance_type_prices", Class::Global),
    ("instance_type_zones", Class::Global),
    ("instance_types", Class::Global),
    ("instances", Class::Owned),
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
    ("password_reset_requests", Class::System),
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
