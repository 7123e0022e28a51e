//! Who may reach across tenants, and why: every reason of a `SystemTx` with the files that give it.

use super::sources::{Source, misnamed};

pub const SYSTEM_REASONS: &[(&str, &[&str])] = &[
    (
        "Bootstrap",
        &["server/src/program/bootstrap.rs", "server/src/program/master_secret.rs"],
    ),
    ("CatalogSeed", &["server/src/program/seed.rs"]),
    (
        "CatalogAdministration",
        &["server/src/features/catalog/usecases/administration.rs"],
    ),
    (
        "AccountAdministration",
        &[
            "server/src/features/user_administration/closing.rs",
            "server/src/features/second_factors/removal.rs",
            "server/src/features/user_administration/usecases.rs",
        ],
    ),
    (
        "InstanceReconciler",
        &[
            "server/src/features/instances/reconcile/intents.rs",
            "server/src/features/instances/reconcile/mod.rs",
            "server/src/features/instances/reconcile/visit.rs",
        ],
    ),
    ("WorkerReport", &["server/src/features/workers/usecases.rs"]),
    ("RoutingTable", &["server/src/features/gateway/table.rs"]),
    ("Metering", &["server/src/features/usage/writer.rs"]),
    ("KeyUsage", &["server/src/features/api_keys/last_use.rs"]),
    ("PasswordReset", &["server/src/features/recovery/requests.rs"]),
    ("InvitationAcceptance", &["server/src/features/invitations/accept.rs"]),
    ("MailDelivery", &["server/src/plumbing/mail/delivery.rs"]),
    ("BackgroundLease", &["server/src/plumbing/background/lease.rs"]),
    (
        "Jobs",
        &[
            "server/src/features/jobs/usecases.rs",
            "server/src/plumbing/jobs/worker.rs",
        ],
    ),
    (
        "Housekeeping",
        &[
            "server/src/features/usage/partitions.rs",
            "server/src/plumbing/housekeeping.rs",
        ],
    ),
    ("AuditRegister", &["server/src/features/audit/register.rs"]),
    (
        "OperatorCommand",
        &[
            "cli/src/commands/admin.rs",
            "cli/src/commands/audit.rs",
            "server/src/program/demo/accounts.rs",
            "server/src/program/demo/usage.rs",
        ],
    ),
];

const DECLARED_IN: &str = "server/src/plumbing/db/system_tx.rs";

/// What is wrong with the reasons that these files give.
pub fn faults(sources: &[Source]) -> Vec<String> {
    let instead = "use a transaction of the workspace, or a definer function that answers the one question; \
                   if it has to reach across tenants, list the file in tests/architecture/system_reasons.rs";
    let mut faults = Vec::new();
    for (reason, files) in SYSTEM_REASONS {
        faults.extend(misnamed(sources, &format!("SystemReason::{reason}"), files, instead));
    }
    let declared = sources.iter().find(|(path, _)| path == DECLARED_IN);
    let declared = declared.map_or_else(Vec::new, |(_, text)| variants(text));
    for reason in &declared {
        if !SYSTEM_REASONS.iter().any(|(listed, _)| listed == reason) {
            faults.push(format!(
                "SystemReason::{reason} is not in tests/architecture/system_reasons.rs"
            ));
        }
    }
    for (listed, _) in SYSTEM_REASONS {
        if !declared.iter().any(|reason| reason == listed) {
            faults.push(format!("SystemReason::{listed} is listed and not declared"));
        }
    }
    faults
}

fn variants(text: &str) -> Vec<String> {
    let body = text.split_once("enum SystemReason {").map_or("", |(_, rest)| rest);
    let body = body.split_once('}').map_or("", |(body, _)| body);
    body.lines()
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::sources::sources;
    use super::*;

    #[test]
    fn every_reason_is_given_by_its_own_files_only() {
        assert_eq!(faults(&sources()), [""; 0]);
    }

    #[test]
    fn a_reason_in_another_file_or_off_the_list_is_found() {
        let mut sources = sources();
        let stranger = "server/src/features/chat/http.rs".to_owned();
        sources.push((stranger, "db.system(SystemReason::Metering)".to_owned()));
        for (path, text) in &mut sources {
            if path == "server/src/program/seed.rs" {
                text.clear();
            }
            if path == DECLARED_IN {
                *text = text.replace("    Metering,", "    Metering,\n    Curiosity,");
            }
        }
        let found = faults(&sources);
        assert_eq!(found.len(), 3, "{found:?}");
        for (fault, about) in found
            .iter()
            .zip(["program/seed.rs is listed", "chat/http.rs names", "Curiosity"])
        {
            assert!(fault.contains(about), "{fault}");
        }
    }
}
