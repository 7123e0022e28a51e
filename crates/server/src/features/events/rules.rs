//! Who hears what.

use std::collections::HashSet;

use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::ids::PLATFORM;
use crate::operation::Operation;
use crate::plumbing::events::{Change, Topic};

/// The topic of news that may be about anything.
pub const EVERYTHING: &str = "all";

/// Every topic by the name that subscribers use. A deployment shows as a change of its instance.
const NAMES: [(&str, Topic); 10] = [
    ("instances", Topic::Instances),
    ("models", Topic::Models),
    ("api_keys", Topic::ApiKeys),
    ("usage", Topic::Usage),
    ("members", Topic::Members),
    ("organizations", Topic::Organizations),
    ("sessions", Topic::Sessions),
    ("deployments", Topic::Instances),
    ("catalog", Topic::Catalog),
    ("jobs", Topic::Jobs),
];

/// The topics of a comma-separated list; all of them when there is none.
///
/// # Errors
/// 422 naming an unknown topic.
pub fn topics(list: Option<&str>) -> Result<HashSet<Topic>> {
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        return Ok(NAMES.into_iter().map(|(_, topic)| topic).collect());
    };
    let known = |name: &str| NAMES.into_iter().find(|(known, _)| *known == name.trim());
    list.split(',')
        .map(|name| match known(name) {
            Some((_, topic)) => Ok(topic),
            None => {
                let names = NAMES.map(|(name, _)| name).join(", ");
                Err(Error::invalid(
                    "topics",
                    FieldCode::UnknownTopic {
                        allowed: NAMES.map(|(name, _)| name).to_vec(),
                    },
                    format!("must be some of {names}, separated by commas"),
                ))
            }
        })
        .collect()
}

/// Is the change one that this workspace, this person or everybody may know of?
pub fn concerns(operation: &Operation, change: &Change) -> bool {
    let of_workspace = operation.tenants().contains(&change.tenant);
    let of_account = change.tenant == operation.user_id
        && matches!(change.topic, Topic::Sessions | Topic::Organizations | Topic::Members);
    let public = change.tenant == PLATFORM && matches!(change.topic, Topic::Models | Topic::Catalog);
    of_workspace || of_account || public
}

/// May the change have ended or altered the session's rights?
pub fn may_end_session(operation: &Operation, change: &Change) -> bool {
    let account = change.tenant == operation.user_id || change.id == operation.user_id;
    let organization = Some(change.tenant) == operation.workspace.organization_id();
    match change.topic {
        Topic::Sessions => account || organization,
        Topic::Members | Topic::Organizations => account || organization,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::operation::Workspace;
    use crate::permissions::Role;

    const PERSON: Uuid = Uuid::from_u128(1);
    const ACME: Uuid = Uuid::from_u128(2);
    const GLOBEX: Uuid = Uuid::from_u128(3);

    fn operation(workspace: Workspace) -> Operation {
        Operation::made_up_by_a_test(PERSON, Uuid::from_u128(9), workspace, DateTime::UNIX_EPOCH)
    }

    fn change(topic: Topic, tenant: Uuid) -> Change {
        let id = Uuid::from_u128(7);
        Change { topic, tenant, id }
    }

    #[test]
    fn a_workspace_hears_of_itself_and_of_what_is_public_only() {
        let acme = operation(Workspace::Organization {
            id: ACME,
            role: Role::User,
        });
        assert!(concerns(&acme, &change(Topic::Instances, ACME)));
        assert!(!concerns(&acme, &change(Topic::Instances, GLOBEX)));
        assert!(!concerns(&acme, &change(Topic::Instances, PLATFORM)));
        assert!(!concerns(&acme, &change(Topic::ApiKeys, PERSON)));
        assert!(concerns(&acme, &change(Topic::Sessions, PERSON)));
        assert!(concerns(&acme, &change(Topic::Models, PLATFORM)));
        let personal = operation(Workspace::Personal { platform_admin: false });
        assert!(concerns(&personal, &change(Topic::ApiKeys, PERSON)));
        assert!(!concerns(&personal, &change(Topic::Instances, PLATFORM)));
        assert!(!concerns(&personal, &change(Topic::Usage, ACME)));
        let admin = operation(Workspace::Personal { platform_admin: true });
        assert!(concerns(&admin, &change(Topic::Instances, PLATFORM)));
    }

    #[test]
    fn topics_are_named_and_unknown_ones_are_refused() {
        assert_eq!(topics(Some("instances, usage")).unwrap().len(), 2);
        assert_eq!(topics(None).unwrap(), topics(Some("")).unwrap());
        assert_eq!(
            topics(Some("instances,nonsense")).unwrap_err().fields[0].field,
            "topics"
        );
    }
}
