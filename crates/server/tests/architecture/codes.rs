//! Codes come from closed lists (`codes.rs`): what isn't listed doesn't compile, and what is listed is made somewhere. Acts are named
//! where they are recorded, and have words in the console.

use inventiv_server::codes::{ErrorCode, FailureCode, FieldCode};

use super::sources::Source;

const LISTS: &str = "server/src/codes.rs";

/// Reported by workers, which know them by the constants of the protocol.
const REPORTED: &[&str] = &["EngineArgumentsRefused", "EngineCrashLoop", "EngineNotFound"];

/// Which listed codes nothing makes, and which a list has twice.
pub fn faults(sources: &[Source]) -> Vec<String> {
    let lists = [
        ("ErrorCode", ErrorCode::CATALOGUE),
        ("FieldCode", FieldCode::CATALOGUE),
        ("FailureCode", FailureCode::CATALOGUE),
    ];
    let mut faults = Vec::new();
    for (list, entries) in lists {
        for (index, (variant, code, _)) in entries.iter().enumerate() {
            if entries[..index].iter().any(|(_, earlier, _)| earlier == code) {
                faults.push(format!("{list} has {code} twice: name the rule once"));
            }
            let is_made = sources.iter().any(|(path, text)| match path.as_str() {
                // By a constructor of the list's own.
                LISTS => names(text, &format!("Self::{variant}")),
                _ => names(text, &format!("{list}::{variant}")),
            });
            if !is_made && !REPORTED.contains(variant) {
                faults.push(format!(
                    "{list}::{variant} is made nowhere: take it out of codes.rs, and out of the console's words"
                ));
            }
        }
    }
    faults
}

/// Which recorded acts the console has no words for.
fn acts_without_words(sources: &[Source], words: &serde_json::Value) -> Vec<String> {
    let mut acts: Vec<&str> = sources
        .iter()
        .flat_map(|(_, text)| text.split("Act::new(").skip(1))
        .filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    acts.sort_unstable();
    acts.dedup();
    acts.retain(|act| words["action"].get(act.replace('.', "_")).is_none());
    acts.iter()
        .map(|act| {
            format!("the act {act} has no words: add it to `action` in web/src/i18n/en/audit.json and fr/audit.json")
        })
        .collect()
}

/// Not as the beginning of a longer name.
fn names(text: &str, thing: &str) -> bool {
    text.match_indices(thing).any(|(at, _)| {
        let after = text[at + thing.len()..].chars().next();
        !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::sources::sources;
    use super::*;

    #[test]
    fn every_listed_code_is_made_somewhere() {
        assert_eq!(faults(&sources()), [""; 0]);
    }

    #[test]
    fn every_recorded_act_has_words_in_the_console() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/i18n/en/audit.json");
        let words: serde_json::Value = serde_json::from_str(&fs::read_to_string(root).unwrap()).unwrap();
        assert_eq!(acts_without_words(&sources(), &words), [""; 0]);
        let without = serde_json::json!({"action": {}});
        assert!(
            acts_without_words(&sources(), &without)
                .iter()
                .any(|fault| fault.contains("job.retry"))
        );
    }

    #[test]
    fn a_code_that_nothing_makes_is_found() {
        let without: Vec<Source> = sources()
            .into_iter()
            .map(|(path, text)| {
                (
                    path,
                    text.replace("ErrorCode::EmailTaken", "ErrorCode::EmailTakenElsewhere"),
                )
            })
            .collect();
        let found = faults(&without);
        assert!(
            found.len() == 1 && found[0].starts_with("ErrorCode::EmailTaken is made nowhere"),
            "{found:?}"
        );
    }
}
