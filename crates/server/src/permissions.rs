//! Who may do what: one list of permissions, one matrix, one function. Nothing else compares roles.

use serde::{Deserialize, Serialize};

/// A role in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Manager,
    Admin,
    Owner,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::User, Role::Manager, Role::Admin, Role::Owner];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Manager => "manager",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// In which capacity somebody acts: the columns of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkspaceRole {
    /// The Personal workspace of anybody.
    Personal,
    /// The Personal workspace of a platform admin, who also acts on the platform's rows.
    PlatformAdmin,
    Organization(Role),
}

/// Declares the permissions once: the enum, the names, the marker types that handlers ask for, and the matrix. A row's letters
/// say who has it: P personal, U user, M manager, A admin, O owner, L platform admin (in Personal).
macro_rules! permissions {
    ($($variant:ident $name:literal $letters:literal;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($variant),+ }

        impl Permission {
            pub const ALL: &[Permission] = &[$(Permission::$variant),+];

            pub fn name(self) -> &'static str {
                match self { $(Permission::$variant => $name),+ }
            }

            fn letters(self) -> &'static str {
                match self { $(Permission::$variant => $letters),+ }
            }
        }

        /// A marker type for each permission: what a handler asks for in its signature (`Allowed<grant::InstanceCreate>`).
        pub mod grant {
            use super::{Grant, Permission};
            $(
                pub struct $variant;
                impl Grant for $variant { const PERMISSION: Permission = Permission::$variant; }
            )+
        }
    };
}

/// A permission as a type.
pub trait Grant: Send + Sync + 'static {
    const PERMISSION: Permission;
}

permissions! {
    ProfileManage "profile.manage" "PUMAOL";
    SessionManage "session.manage" "PUMAOL";
    OrganizationCreate "organization.create" "PUMAOL";
    OrganizationList "organization.list" "PUMAOL";
    EventsRead "events.read" "PUMAOL";
    ChatUse "chat.use" "PUMAOL";
    WorkbenchUse "workbench.use" "PUMAOL";
    WorkbenchShare "workbench.share" "UMAO";
    GatewayUse "gateway.use" "PUMAOL";
    UsageReadOwn "usage.read_own" "PUMAOL";
    OrganizationRead "organization.read" "UMAO";
    MemberRead "member.read" "UMAO";
    OrganizationUpdate "organization.update" "AO";
    OrganizationPolicy "organization.policy" "O";
    OrganizationDelete "organization.delete" "O";
    MemberAssignRole "member.assign_role" "MAO";
    MemberRemove "member.remove" "MAO";
    MemberLeave "member.leave" "UMAO";
    InvitationRead "invitation.read" "MAO";
    InvitationCreate "invitation.create" "MAO";
    InvitationRevoke "invitation.revoke" "MAO";
    UserRead "user.read" "UMAOL";
    UserCreate "user.create" "AOL";
    UserUpdate "user.update" "AOL";
    UserDelete "user.delete" "AOL";
    UserRemoveSecondFactors "user.remove_second_factors" "L";
    InstanceRead "instance.read" "UMAOL";
    InstanceMetrics "instance.metrics" "UMAOL";
    ObservabilityRead "observability.read" "UMAOL";
    ActionLogRead "action_log.read" "UMAOL";
    InstanceCreate "instance.create" "AOL";
    InstanceUpdate "instance.update" "AOL";
    InstanceReinstall "instance.reinstall" "AOL";
    InstanceDrain "instance.drain" "AOL";
    InstanceTerminate "instance.terminate" "AOL";
    InstanceArchive "instance.archive" "AOL";
    InstanceActivateTech "instance.activate_tech" "AOL";
    InstanceActivateEco "instance.activate_eco" "MOL";
    ReconcileRun "reconcile.run" "AOL";
    ModelRead "model.read" "PUMAOL";
    ModelCreate "model.create" "AOL";
    ModelUpdate "model.update" "AOL";
    ModelDelete "model.delete" "AOL";
    ModelPrice "model.price" "MOL";
    ModelActivateTech "model.activate_tech" "AOL";
    ModelActivateEco "model.activate_eco" "MOL";
    OfferingRead "offering.read" "UMAO";
    OfferingPublish "offering.publish" "AO";
    OfferingUpdate "offering.update" "AO";
    OfferingUnpublish "offering.unpublish" "AO";
    OfferingPrice "offering.price" "MO";
    OfferingActivateTech "offering.activate_tech" "AO";
    OfferingActivateEco "offering.activate_eco" "MO";
    ShareRead "share.read" "MAO";
    ShareGrant "share.grant" "MO";
    SharePrice "share.price" "MO";
    SharePause "share.pause" "MO";
    ShareResume "share.resume" "MO";
    ShareRevoke "share.revoke" "MO";
    AccessRequestDecide "access_request.decide" "MO";
    CatalogueBrowse "catalogue.browse" "PUMAOL";
    AccessRequestCreate "access_request.create" "PMAO";
    ApiKeyRead "api_key.read" "PUMAOL";
    ApiKeyCreate "api_key.create" "P*AOL";
    ApiKeyUpdate "api_key.update" "P*AOL";
    ApiKeyRevoke "api_key.revoke" "P*AOL";
    FinopsRead "finops.read" "PMAOL";
    FinopsExport "finops.export" "PMAOL";
    WalletRead "wallet.read" "PMAOL";
    BudgetManage "budget.manage" "PMOL";
    WalletTopUp "wallet.top_up" "PMOL";
    WalletCredit "wallet.credit" "L";
    ProviderCredentialRead "provider_credential.read" "MAOL";
    ProviderCredentialManage "provider_credential.manage" "AOL";
    SettingsRead "settings.read" "MAOL";
    SettingsManage "settings.manage" "L";
    PlatformOrganizationRead "platform.organization.read" "L";
    PlatformJobRead "platform.job.read" "L";
    PlatformJobRetry "platform.job.retry" "L";
    AuditRead "audit.read" "MAOL";
}

/// What a workspace's policies add to the matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policies {
    /// `organizations.members_can_create_keys`: users and managers may create, update and revoke keys of their own making.
    pub members_can_create_keys: bool,
}

/// The matrix. `*` in a row stands for users and managers under `members_can_create_keys`.
pub fn allowed(role: WorkspaceRole, permission: Permission, policies: Policies) -> bool {
    let letters = permission.letters();
    let has = |letter| letters.contains(letter);
    match role {
        WorkspaceRole::Personal => has('P'),
        WorkspaceRole::PlatformAdmin => has('P') || has('L'),
        WorkspaceRole::Organization(Role::User) => has('U') || (has('*') && policies.members_can_create_keys),
        WorkspaceRole::Organization(Role::Manager) => has('M') || (has('*') && policies.members_can_create_keys),
        WorkspaceRole::Organization(Role::Admin) => has('A'),
        WorkspaceRole::Organization(Role::Owner) => has('O'),
    }
}

impl Permission {
    /// What is done with it concerns the person alone, whatever the workspace.
    pub fn is_of_the_person(self) -> bool {
        matches!(
            self,
            Permission::ProfileManage | Permission::SessionManage | Permission::OrganizationList
        )
    }
}

/// Does any organization role have it? Then an organization is what is missing in Personal.
pub fn needs_organization(permission: Permission) -> bool {
    Role::ALL.into_iter().any(|role| {
        allowed(
            WorkspaceRole::Organization(role),
            permission,
            Policies {
                members_can_create_keys: true,
            },
        )
    })
}

/// May somebody with this role change a member from one role to another? Removal is a change to no role, an invitation one
/// from no role; `None` stands for it.
pub fn may_delegate(actor: Role, from: Option<Role>, to: Option<Role>) -> bool {
    let within = |reach: &[Role]| [from, to].into_iter().flatten().all(|role| reach.contains(&role));
    match actor {
        Role::Owner => true,
        Role::Admin => within(&[Role::Admin, Role::User]),
        Role::Manager => within(&[Role::Manager, Role::User]),
        Role::User => false,
    }
}

/// The roles that somebody may give to a member who has one (`from`), or to somebody who is invited (`None`). Empty where that
/// isn't theirs to decide.
pub fn assignable_roles(actor: WorkspaceRole, permission: Permission, from: Option<Role>) -> Vec<Role> {
    match actor {
        WorkspaceRole::Organization(role) if allowed(actor, permission, Policies::default()) => Role::ALL
            .into_iter()
            .filter(|to| may_delegate(role, from, Some(*to)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The matrix as a Markdown table, checked in as documentation.
pub fn matrix_markdown() -> String {
    let mut table = String::from(
        "# Permissions\n\nGenerated from `crates/server/src/permissions.rs` by `cargo xtask gen`; a test compares.\n\n\
         P personal workspace · U user · M manager · A admin · O owner · PA platform admin in Personal. \
         `*`: when the organization lets members create keys, for keys of their own making.\n\n\
         | permission | P | U | M | A | O | PA |\n|---|---|---|---|---|---|---|\n",
    );
    let columns = [
        WorkspaceRole::Personal,
        WorkspaceRole::Organization(Role::User),
        WorkspaceRole::Organization(Role::Manager),
        WorkspaceRole::Organization(Role::Admin),
        WorkspaceRole::Organization(Role::Owner),
        WorkspaceRole::PlatformAdmin,
    ];
    for permission in Permission::ALL {
        table.push_str(&format!("| {} |", permission.name()));
        for role in columns {
            let cell = if allowed(role, *permission, Policies::default()) {
                " ✓ |"
            } else if allowed(
                role,
                *permission,
                Policies {
                    members_can_create_keys: true,
                },
            ) {
                " * |"
            } else {
                " – |"
            };
            table.push_str(cell);
        }
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_do_everything_an_organization_can_do_but_platform_things() {
        for permission in Permission::ALL {
            if needs_organization(*permission) {
                let owner = allowed(
                    WorkspaceRole::Organization(Role::Owner),
                    *permission,
                    Policies::default(),
                );
                assert!(owner, "{}", permission.name());
            }
        }
    }

    #[test]
    fn technical_and_economic_activation_are_never_both_with_admin_or_manager() {
        for (tech, eco) in [
            (Permission::InstanceActivateTech, Permission::InstanceActivateEco),
            (Permission::ModelActivateTech, Permission::ModelActivateEco),
            (Permission::OfferingActivateTech, Permission::OfferingActivateEco),
        ] {
            for role in [Role::User, Role::Manager, Role::Admin] {
                let role = WorkspaceRole::Organization(role);
                let policies = Policies::default();
                assert!(!(allowed(role, tech, policies) && allowed(role, eco, policies)));
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::HashSet<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
    }

    #[test]
    fn delegation_stays_within_the_actors_reach() {
        assert!(may_delegate(Role::Owner, Some(Role::Owner), Some(Role::User)));
        assert!(may_delegate(Role::Admin, Some(Role::User), Some(Role::Admin)));
        assert!(!may_delegate(Role::Admin, Some(Role::Manager), Some(Role::User)));
        assert!(!may_delegate(Role::Admin, Some(Role::User), Some(Role::Owner)));
        assert!(may_delegate(Role::Manager, Some(Role::User), Some(Role::Manager)));
        assert!(!may_delegate(Role::Manager, Some(Role::Admin), None));
        assert!(!may_delegate(Role::User, Some(Role::User), None));
    }

    #[test]
    fn roles_are_offered_where_the_act_would_be_allowed_and_nowhere_else() {
        let every_actor = Role::ALL.map(WorkspaceRole::Organization).into_iter();
        for actor in every_actor.chain([WorkspaceRole::Personal, WorkspaceRole::PlatformAdmin]) {
            for from in Role::ALL.map(Some).into_iter().chain([None]) {
                let offered = assignable_roles(actor, Permission::MemberAssignRole, from);
                for to in Role::ALL {
                    let may = allowed(actor, Permission::MemberAssignRole, Policies::default())
                        && matches!(actor, WorkspaceRole::Organization(role) if may_delegate(role, from, Some(to)));
                    assert_eq!(offered.contains(&to), may, "{actor:?} {from:?} {to:?}");
                }
            }
        }
        let manager = WorkspaceRole::Organization(Role::Manager);
        let offered = assignable_roles(manager, Permission::InvitationCreate, None);
        assert_eq!(offered, [Role::User, Role::Manager]);
        assert!(assignable_roles(manager, Permission::MemberAssignRole, Some(Role::Admin)).is_empty());
    }
}
