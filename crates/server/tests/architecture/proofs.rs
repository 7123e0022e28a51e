//! Who may say that somebody is who they are, and what they may do: every way to make a `Proven` person, an `Operation` or rights, with
//! the files that use it.

use super::sources::{Source, misnamed};

pub const PROOFS: &[(&str, &[&str])] = &[
    ("Proven::by_password", &["server/src/features/signing_in/usecases.rs"]),
    (
        "Proven::by_challenge",
        &["server/src/features/second_factors/sign_in.rs"],
    ),
    ("Proven::by_mailed_link", &["server/src/features/recovery/usecases.rs"]),
    ("Proven::by_session", &["server/src/features/sessions/usecases.rs"]),
    ("Operation::of_session", &["server/src/features/sessions/usecases.rs"]),
    ("Operation::without_session", &["server/src/plumbing/db/tenant_tx.rs"]),
    (
        ".with_rights",
        &[
            "server/src/plumbing/db/system_tx.rs",
            "server/src/plumbing/db/tenant_tx.rs",
        ],
    ),
    // Within its tests.
    ("Operation::made_up_by_a_test", &["server/src/features/events/rules.rs"]),
];

/// What is wrong with the proofs that these files make.
pub fn faults(sources: &[Source]) -> Vec<String> {
    let instead = "take the operation or the proof that the caller has; only what checks a password, a factor, a link or a session makes \
                   one, and is listed in tests/architecture/proofs.rs";
    let one = |(proof, files): &(&str, &[&str])| misnamed(sources, proof, files, instead);
    PROOFS.iter().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sources::sources;
    use super::*;

    #[test]
    fn only_who_checked_something_proves_it() {
        assert_eq!(faults(&sources()), [""; 0]);
    }

    #[test]
    fn a_proof_out_of_thin_air_is_found() {
        let mut sources = sources();
        let stranger = "server/src/features/chat/http.rs".to_owned();
        sources.push((
            stranger,
            "Operation::of_session(Proven::by_session(id), all, request)".to_owned(),
        ));
        let found = faults(&sources);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found.iter().all(|fault| fault.contains("chat/http.rs names")),
            "{found:?}"
        );
    }
}
