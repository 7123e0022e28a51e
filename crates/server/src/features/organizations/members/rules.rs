//! Delegation, in words.

use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};
use crate::permissions::{Permission, Role, may_delegate};

/// May the actor change a member from one role to another? `None` stands for no role: a removal, or an invitation.
///
/// # Errors
/// 403 `delegation`, saying what the actor may give and take, and who could do this.
pub fn require_delegation(actor: Role, from: Option<Role>, to: Option<Role>, permission: Permission) -> Result<()> {
    if may_delegate(actor, from, to) {
        return Ok(());
    }
    let reach = Role::ALL
        .into_iter()
        .filter(|role| may_delegate(actor, Some(*role), None));
    let able = Role::ALL.into_iter().filter(|role| may_delegate(*role, from, to));
    let detail = format!(
        "Your role here, {}, lets you change {} only. Ask {}.",
        actor.as_str(),
        in_words(reach, "nobody", "members who are ", " or "),
        in_words(able, "an owner", "a member who is ", " or "),
    );
    let mut error = Error::new(Kind::Forbidden, ErrorCode::Delegation, detail);
    error.permission = Some(permission);
    Err(error)
}

fn in_words(roles: impl Iterator<Item = Role>, nobody: &str, start: &str, between: &str) -> String {
    let names: Vec<_> = roles.map(Role::as_str).collect();
    if names.is_empty() {
        nobody.to_owned()
    } else {
        format!("{start}{}", names.join(between))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_in_reach_and_who_could() {
        let refuse = |actor, from, to| {
            require_delegation(actor, from, to, Permission::MemberAssignRole)
                .unwrap_err()
                .detail
        };
        assert_eq!(
            refuse(Role::Manager, Some(Role::User), Some(Role::Admin)),
            "Your role here, manager, lets you change members who are user or manager only. Ask a member who is admin or owner."
        );
        assert_eq!(
            refuse(Role::Admin, Some(Role::Owner), None),
            "Your role here, admin, lets you change members who are user or admin only. Ask a member who is owner."
        );
        assert_eq!(
            refuse(Role::User, Some(Role::User), None),
            "Your role here, user, lets you change nobody only. Ask a member who is manager or admin or owner."
        );
    }
}
