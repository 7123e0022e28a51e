//! What each call must answer: computed from the permission matrix and the order of answers, never written down per case.

use inventiv_server::permissions::{Permission, Policies, allowed, needs_organization};
use inventiv_server::permissions::{Role, WorkspaceRole};

use super::document::Operation;
use super::rows::{Names, Row, Target};
use crate::harness::world::Principal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Success,
    /// Status and code of the problem.
    Refused(u16, &'static str),
}

/// 401 → 403 → 404, in this order; 422 comes after them.
pub fn expected(operation: &Operation, row: &Row, principal: &Principal, target: Target) -> Expected {
    if operation.permission == "public" {
        return match target {
            Target::Absent => Expected::Refused(404, "not_found"),
            _ => Expected::Success,
        };
    }
    if operation.permission == "worker" {
        return Expected::Refused(401, "worker_token_refused");
    }
    let gateway = operation.is_gateway();
    // A key is made for calling models: as its organization, with the least of its roles.
    let key_role = WorkspaceRole::Organization(Role::User);
    let role = principal
        .role
        .or((gateway && principal.opens_gateway).then_some(key_role));
    let Some(role) = role else {
        let code = match (gateway, principal.is_key) {
            (true, _) => "invalid_api_key",
            (false, true) => "session_required",
            (false, false) => "unauthenticated",
        };
        return Expected::Refused(401, code);
    };
    let permission = permission(&operation.permission);
    if !allowed(role, permission, Policies::default()) {
        let personal = !matches!(role, WorkspaceRole::Organization(_));
        let needs_one = personal && needs_organization(permission);
        return Expected::Refused(
            403,
            if needs_one {
                "organization_required"
            } else {
                "forbidden"
            },
        );
    }
    if row.for_owners && role != WorkspaceRole::Organization(Role::Owner) {
        return Expected::Refused(403, "delegation");
    }
    match (row.names, target) {
        (_, Target::Own) => Expected::Success,
        // Everybody sees a public row, and it is nobody's to change but the platform's.
        (Names::PublicRowOf(_), Target::Platform) if row.changes => Expected::Refused(403, READ_ONLY),
        (Names::PublicRowOf(_), Target::Platform) => Expected::Success,
        _ if gateway => Expected::Refused(404, "model_not_found"),
        _ => Expected::Refused(404, "not_found"),
    }
}

/// The permission is there, the row is the platform's.
pub const READ_ONLY: &str = "read_only_model";

pub fn permission(name: &str) -> Permission {
    *Permission::ALL
        .iter()
        .find(|permission| permission.name() == name)
        .unwrap_or_else(|| panic!("x-permission {name} is no permission"))
}
