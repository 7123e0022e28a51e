//! The closed lists of the program for the console, whose words in each language are checked against them.

use std::fmt::Write;

use crate::codes::{ErrorCode, FailureCode, FieldCode, Unit};
use crate::features::api_keys::KeyStatus;
use crate::features::instances;
use crate::features::invitations;
use crate::features::models::Engine;
use crate::permissions::{Permission, Role};

/// `web/src/api/codes.ts`: a list as a constant, and the type of its entries.
pub fn typescript() -> String {
    let mut text = "// Written by `cargo xtask gen` from the program.\n".to_owned();
    with_params(
        &mut text,
        "Why a request is refused or failed, with the values that its sentence holds.",
        ["errorCodes", "ErrorCode"],
        ErrorCode::CATALOGUE,
    );
    with_params(
        &mut text,
        "Which rule a field breaks, with the values that its sentence holds.",
        ["fieldCodes", "FieldCode"],
        FieldCode::CATALOGUE,
    );
    let failures = FailureCode::CATALOGUE.iter().map(|(_, code, _)| *code);
    let lists: [(&str, [&str; 2], Vec<&str>); 10] = [
        (
            "What keeps an instance from serving; a newer worker may report others.",
            ["failureCodes", "FailureCode"],
            failures.collect(),
        ),
        (
            "What the numbers of a rule count.",
            ["units", "Unit"],
            Unit::ALL.map(Unit::as_str).to_vec(),
        ),
        (
            "Who may do what.",
            ["permissions", "Permission"],
            Permission::ALL.iter().map(|permission| permission.name()).collect(),
        ),
        (
            "What a member is in an organization.",
            ["roles", "Role"],
            Role::ALL.map(Role::as_str).to_vec(),
        ),
        (
            "Where an instance is in its life.",
            ["instanceStatuses", "InstanceStatus"],
            instances::Status::ALL.map(instances::Status::as_str).to_vec(),
        ),
        (
            "Why it came to be there: the reasons in its history.",
            ["instanceReasons", "InstanceReason"],
            instances::reasons(),
        ),
        (
            "How far its start has come, in this order.",
            ["instanceSteps", "InstanceStep"],
            instances::STEPS.map(|(step, _)| step).to_vec(),
        ),
        (
            "What runs a model.",
            ["engines", "Engine"],
            Engine::ALL.map(Engine::as_str).to_vec(),
        ),
        (
            "What has become of an invitation.",
            ["invitationStatuses", "InvitationStatus"],
            invitations::Status::ALL.map(invitations::Status::as_str).to_vec(),
        ),
        (
            "What a search of API keys can be limited to.",
            ["keyStatuses", "KeyStatus"],
            KeyStatus::ALL.map(KeyStatus::as_str).to_vec(),
        ),
    ];
    for (about, [constant, kind], entries) in lists {
        let _ = write!(text, "\n/** {about} */\nexport const {constant} = [\n");
        for entry in entries {
            let _ = writeln!(text, "  '{entry}',");
        }
        let _ = write!(text, "] as const;\nexport type {kind} = (typeof {constant})[number];\n");
    }
    text
}

fn with_params(text: &mut String, about: &str, [constant, kind]: [&str; 2], entries: &[(&str, &str, &[&str])]) {
    let _ = write!(text, "\n/** {about} */\nexport const {constant} = {{\n");
    for (_, code, params) in entries {
        let names: Vec<_> = params.iter().map(|name| format!("'{name}'")).collect();
        let _ = writeln!(text, "  {code}: [{}],", names.join(", "));
    }
    let _ = write!(text, "}} as const;\nexport type {kind} = keyof typeof {constant};\n");
}
