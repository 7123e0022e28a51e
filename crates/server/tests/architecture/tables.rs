//! A table is written by its owner alone, and read by its owner and later features. The owners are what the modules say.

use std::collections::BTreeMap;

use super::floors::order;
use super::sources::Source;

/// Where plumbing and the program's own part write.
const OPERATION: &str = "operation";

/// Who reads a table of a later feature, and why.
const EARLIER_READERS: &[(&str, &str, &str)] = &[
    (
        OPERATION,
        "organizations",
        "a change of an organization locks its row before anything else",
    ),
    (
        OPERATION,
        "user_sessions",
        "a change of an account locks its sessions before anything else",
    ),
    (
        OPERATION,
        "users",
        "a change of an account locks it; a mail is in its recipient's language",
    ),
    (
        "audit",
        "organizations",
        "each has a chain from its beginning: a missing one was removed",
    ),
    (
        "audit",
        "users",
        "each has a chain from its beginning: a missing one was removed",
    ),
    (
        "sessions",
        "organization_memberships",
        "the role in the session's organization decides",
    ),
    ("sessions", "organizations", "a session shows where it is"),
    (
        "users",
        "organization_memberships",
        "people see those of their organization; words of passwords",
    ),
    (
        "users",
        "organizations",
        "a profile names the organization; words of passwords",
    ),
];

/// The owner of each table.
pub type Owners = BTreeMap<&'static str, &'static str>;

/// What is wrong with who writes and reads which table.
pub fn faults(sources: &[Source], owners: &Owners) -> Vec<String> {
    let order = order(sources);
    let place = |name: &str| order.iter().position(|known| known == name);
    let mut faults = Vec::new();
    let mut used = Vec::new();
    for (path, text) in sources {
        let Some(inside) = path.strip_prefix("server/src/") else {
            continue;
        };
        let mut parts = inside.split('/');
        let user = match (parts.next(), parts.next()) {
            (Some("features"), Some(feature)) => feature,
            (Some("plumbing" | "program"), _) => OPERATION,
            _ => continue,
        };
        for (verb, table) in statements(text) {
            let Some(owner) = owners.get(table).copied() else {
                continue;
            };
            if owner == user {
                continue;
            }
            if verb.is_write {
                faults.push(format!(
                    "{path} writes {table}, which is {owner}'s: call what {owner} offers, in the same transaction"
                ));
            } else if place(user) <= place(owner) && owner != OPERATION {
                match EARLIER_READERS.iter().find(|(reader, read, _)| (*reader, *read) == (user, table)) {
                    Some(exception) => used.push(exception),
                    None => faults.push(format!(
                        "{path} reads {table} of {owner}, a later feature: ask a function of the database, or list it with its \
                         reason in tests/architecture/tables.rs"
                    )),
                }
            }
        }
    }
    for exception in EARLIER_READERS {
        if !used.contains(&exception) {
            let (reader, table, _) = exception;
            faults.push(format!(
                "{reader} is listed to read {table} and does not: take it off the list"
            ));
        }
    }
    faults.dedup();
    faults
}

struct Verb {
    is_write: bool,
}

/// What the SQL in a text does to which table.
fn statements(text: &str) -> impl Iterator<Item = (Verb, &str)> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let verbs = [
        ("INSERT INTO ", true),
        ("UPDATE ", true),
        ("DELETE FROM ", true),
        ("FROM ", false),
        ("JOIN ", false),
    ];
    verbs.into_iter().flat_map(move |(words, is_write)| {
        text.match_indices(words).map(move |(at, words)| {
            let rest = &text[at + words.len()..];
            let rest = rest.strip_prefix("public.").unwrap_or(rest);
            let end = rest.find(|character: char| !character.is_ascii_lowercase() && character != '_');
            (Verb { is_write }, &rest[..end.unwrap_or(rest.len())])
        })
    })
}

#[cfg(test)]
mod tests {
    use inventiv_server::program::detached;

    use super::super::sources::sources;
    use super::*;
    use crate::isolation::classes::TABLES;

    fn owners() -> Owners {
        let modules = detached().unwrap().modules();
        let mut owners = Owners::new();
        for module in &modules {
            for table in module.tables {
                let other = owners.insert(table, module.name);
                assert_eq!(other, None, "{table} has two owners: a table is in exactly one module");
            }
        }
        owners
    }

    #[test]
    fn a_table_is_written_by_its_owner_and_read_by_later_features() {
        assert_eq!(faults(&sources(), &owners()), [""; 0]);
    }

    #[test]
    fn every_table_is_in_exactly_one_module() {
        let owned: Vec<&str> = owners().into_keys().collect();
        let mut known: Vec<&str> = TABLES.iter().map(|(table, _)| *table).collect();
        known.sort_unstable();
        assert_eq!(owned, known, "left: the modules' tables; right: isolation/classes.rs");
    }

    #[test]
    fn a_foreign_write_and_an_early_read_are_found() {
        let mut sources = sources();
        for (path, text) in [
            ("server/src/features/chat/store.rs", "\"UPDATE users SET email = $1\""),
            ("server/src/features/catalog/store/x.rs", "\"SELECT 1 FROM instances\""),
            (
                "server/src/features/chat/store.rs",
                "\"SELECT 1 FROM instances i JOIN users u ON true\"",
            ),
        ] {
            sources.push((path.to_owned(), text.to_owned()));
        }
        let found = faults(&sources, &owners());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("chat/store.rs writes users") && found[1].contains("reads instances of instances"),
            "{found:?}"
        );
    }
}
