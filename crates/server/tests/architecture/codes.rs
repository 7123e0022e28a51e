//! Codes come from closed lists (`codes.rs`): what isn't listed doesn't compile, and what is listed is made somewhere. Acts and
//! kinds of jobs are named where they are, and have words in the console.

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

/// Which of these names the console has no words for in a list of its own.
fn without_words<'a>(names: impl Iterator<Item = &'a str>, words: &serde_json::Value, place: &str) -> Vec<String> {
    let mut names: Vec<&str> = names
        .filter(|name| words.get(name.replace('.', "_")).is_none())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .iter()
        .map(|name| format!("{name} has no words: add it to {place} in web/src/i18n/en and fr"))
        .collect()
}

/// The texts between quotes that follow this in the sources.
fn quoted_after<'a>(sources: &'a [Source], before: &'a str) -> impl Iterator<Item = &'a str> {
    sources
        .iter()
        .flat_map(move |(_, text)| text.split(before).skip(1))
        .filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next())
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

    use inventiv_server::plumbing::mail::Template;

    use super::super::sources::sources;
    use super::*;

    #[test]
    fn every_listed_code_is_made_somewhere() {
        assert_eq!(faults(&sources()), [""; 0]);
    }

    fn words(file: &str) -> serde_json::Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../web/src/i18n/en")
            .join(file);
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn every_recorded_act_has_words_in_the_console() {
        let sources = sources();
        let acts = || quoted_after(&sources, "Act::new(");
        let place = "`action` of audit.json";
        assert_eq!(without_words(acts(), &words("audit.json")["action"], place), [""; 0]);
        let found = without_words(acts(), &serde_json::json!({}), place);
        assert!(
            found.iter().any(|fault| fault.starts_with("job.retry has no words")),
            "{found:?}"
        );
    }

    #[test]
    fn every_kind_of_job_and_mail_has_words_in_the_console() {
        let sources = sources();
        let mails: Vec<String> = Template::ALL.map(|template| format!("mail.{}", template.name())).into();
        let kinds = || quoted_after(&sources, "const KIND: &'static str =").chain(mails.iter().map(String::as_str));
        let place = "`kind` of jobs.json";
        assert_eq!(without_words(kinds(), &words("jobs.json")["kind"], place), [""; 0]);
        let found = without_words(kinds(), &serde_json::json!({}), place);
        assert!(
            found
                .iter()
                .any(|fault| fault.starts_with("password_request has no words")),
            "{found:?}"
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
