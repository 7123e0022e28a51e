//! Decisions about accounts and sessions.

use chrono::{DateTime, Utc};

pub use super::password_rules::check_password;
use super::tokens::{IDLE_LIFETIME, TOKEN_LIFETIME};
use crate::permissions::{Permission, Policies, WorkspaceRole, allowed, needs_organization};
use crate::plumbing::edge::body::Validation;

/// E-mails and usernames compare without case and surrounding blanks.
pub fn normalise(login: &str) -> String {
    login.trim().to_lowercase()
}

pub fn check_email(validation: &mut Validation, field: &str, email: &str) {
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    });
    let clean = email.len() <= 254
        && !email
            .chars()
            .any(|character| character.is_whitespace() || character.is_control());
    validation.check(
        plausible && clean,
        field,
        "email",
        "must be an e-mail address like name@example.com",
    );
}

pub fn check_username(validation: &mut Validation, field: &str, username: &str) {
    let characters = username
        .chars()
        .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || "._-".contains(character));
    let holds = (2..=64).contains(&username.len()) && characters;
    validation.check(
        holds,
        field,
        "username",
        "must have 2 to 64 letters, digits, dots, dashes or underscores",
    );
}

/// Nobody used the session for so long that it is over.
pub fn is_idle(last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last_used_at > IDLE_LIFETIME
}

/// From half of its life on a token is replaced by a new one.
pub fn is_due_for_renewal(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - issued_at >= TOKEN_LIFETIME / 2
}

/// A part of the console.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Module {
    pub name: &'static str,
    pub available: bool,
    /// `organization_required` or `permission_required` when not available.
    pub reason: Option<&'static str>,
    /// The permission that opens it.
    pub permission: &'static str,
}

/// Which permission opens which part of the console.
const MODULES: &[(&str, Permission)] = &[
    ("dashboard", Permission::UsageReadOwn),
    ("chat", Permission::ChatUse),
    ("workbench", Permission::WorkbenchUse),
    ("api_keys", Permission::ApiKeyRead),
    ("models", Permission::ModelRead),
    ("catalogue", Permission::CatalogueBrowse),
    ("instances", Permission::InstanceRead),
    ("offerings", Permission::OfferingRead),
    ("shares", Permission::ShareRead),
    ("access_requests", Permission::AccessRequestCreate),
    ("members", Permission::MemberRead),
    ("invitations", Permission::InvitationRead),
    ("users", Permission::UserRead),
    ("observability", Permission::ObservabilityRead),
    ("action_log", Permission::ActionLogRead),
    ("finops", Permission::FinopsRead),
    ("budgets", Permission::BudgetManage),
    ("wallet", Permission::WalletRead),
    ("settings", Permission::SettingsRead),
    ("provider_credentials", Permission::ProviderCredentialRead),
    ("audit", Permission::AuditRead),
    ("platform", Permission::SettingsManage),
];

/// The console's modules for a workspace, with the reason where one is closed.
pub fn modules(role: WorkspaceRole, policies: Policies) -> Vec<Module> {
    let personal = matches!(role, WorkspaceRole::Personal | WorkspaceRole::PlatformAdmin);
    MODULES
        .iter()
        .map(|&(name, permission)| {
            let available = allowed(role, permission, policies);
            let reason = match (available, personal && needs_organization(permission)) {
                (true, _) => None,
                (false, true) => Some("organization_required"),
                (false, false) => Some("permission_required"),
            };
            Module {
                name,
                available,
                reason,
                permission: permission.name(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Role;

    fn accepts(check: impl Fn(&mut Validation)) -> bool {
        let mut validation = Validation::default();
        check(&mut validation);
        validation.finish().is_ok()
    }

    #[test]
    fn addresses_are_checked_for_plausibility_only() {
        for good in ["a@b.co", "first.last+tag@sub.example.org", "ünï@exämple.fr"] {
            assert!(accepts(|validation| check_email(validation, "email", good)), "{good}");
        }
        for bad in ["", "a", "@b.co", "a@b", "a b@c.de", "a@.co", "a@b.co.", "a@b@c.de"] {
            assert!(!accepts(|validation| check_email(validation, "email", bad)), "{bad}");
        }
    }

    #[test]
    fn instances_need_an_organization_in_personal_but_not_for_a_platform_admin() {
        let find = |role| {
            modules(role, Policies::default())
                .into_iter()
                .find(|module| module.name == "instances")
                .unwrap()
        };
        assert_eq!(find(WorkspaceRole::Personal).reason, Some("organization_required"));
        assert!(find(WorkspaceRole::PlatformAdmin).available);
        assert!(find(WorkspaceRole::Organization(Role::User)).available);
    }

    #[test]
    fn a_module_without_the_permission_says_so() {
        let audit = modules(WorkspaceRole::Organization(Role::User), Policies::default())
            .into_iter()
            .find(|module| module.name == "audit");
        assert_eq!(audit.unwrap().reason, Some("permission_required"));
    }
}
