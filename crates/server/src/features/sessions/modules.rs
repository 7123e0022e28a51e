//! Which parts of the console a workspace has.

use crate::permissions::{Permission, Policies, WorkspaceRole, allowed, needs_organization};

/// A part of the console.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Module)]
pub struct ConsoleModule {
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
    ("jobs", Permission::PlatformJobRead),
];

/// The console's modules for a workspace, with the reason where one is closed.
pub fn modules(role: WorkspaceRole, policies: Policies) -> Vec<ConsoleModule> {
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
            ConsoleModule {
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
