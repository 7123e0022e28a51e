//! Who may know whom: ground < plumbing < core < features, in their order < program; and inside of a feature `http → usecases →
//! rules / store`. What a feature shows to later ones is what its `mod.rs` names: Rust's privacy keeps that, this keeps the modules
//! private.

use std::collections::BTreeSet;

use super::sources::Source;

const GROUND: &[&str] = &[
    "activation",
    "clock",
    "codes",
    "error",
    "ids",
    "money",
    "operation",
    "permissions",
    "request_id",
    "secrets",
    "validation",
];
/// Stand above the features, as the program does.
const TOP: &[&str] = &["lib", "program", "serve"];

/// The parts of a feature that nobody outside of it names.
const INNER: &[&str] = &["http", "usecases", "rules", "store"];

/// What an inner part may not name: modules of its feature, and crates.
const FORBIDDEN: &[(&str, &[&str], &[&str], &str)] = &[
    (
        "rules",
        &["http", "usecases", "store"],
        &["axum", "sqlx", "tokio"],
        "a decision is a pure function of values: let the use case look things up and pass them",
    ),
    (
        "store",
        &["http", "usecases"],
        &["axum"],
        "SQL takes and gives rows and types of `rules`: move the type down",
    ),
    (
        "usecases",
        &["http"],
        &["axum"],
        "a use case gives values or errors: let `http` say how they look",
    ),
];

/// The features in their order, as `features/mod.rs` lists them.
pub fn order(sources: &[Source]) -> Vec<String> {
    let list = sources
        .iter()
        .find(|(path, _)| path == "server/src/features/mod.rs")
        .map_or("", |(_, text)| text.as_str());
    list.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

/// What is wrong with who names whom.
pub fn faults(sources: &[Source]) -> Vec<String> {
    let order = order(sources);
    let mut faults = Vec::new();
    for (path, text) in sources {
        let Some(inside) = path.strip_prefix("server/src/") else {
            continue;
        };
        let code = code(text);
        let parts: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        for (module, next) in crate_paths(&code) {
            if let Some(instead) = refusal(&parts, &module, next.as_deref(), &order) {
                let named = next.map_or(module.clone(), |next| format!("{module}::{next}"));
                faults.push(format!("{path} names crate::{named}: {instead}"));
            }
        }
        if let ["features", _, inner @ ..] = parts.as_slice()
            && let Some(part) = inner.iter().find(|part| INNER.contains(part))
        {
            faults.extend(inner_faults(path, part, &code));
        }
        if let ["features", _, "mod"] = parts.as_slice() {
            for inner in INNER {
                if code.contains(&format!("pub mod {inner};")) {
                    faults.push(format!(
                        "{path} shows its `{inner}`: name what later features may call with `pub use`"
                    ));
                }
            }
        }
    }
    faults
}

/// Why a file may not name a module of the crate; `None` when it may.
fn refusal(parts: &[&str], module: &str, next: Option<&str>, order: &[String]) -> Option<String> {
    let is_ground = GROUND.contains(&module);
    match parts {
        [top, ..] if TOP.contains(top) => None,
        [own] if GROUND.contains(own) => {
            (!is_ground).then(|| "the ground stands on nothing: move what it needs down, or itself up".to_owned())
        }
        ["plumbing", ..] | ["core"] => (!is_ground && module != "plumbing")
            .then(|| "plumbing knows neither features nor the program: let them hand in what it needs".to_owned()),
        ["features", "mod"] => None,
        ["features", own, ..] => match (module, next) {
            _ if is_ground || matches!(module, "plumbing" | "core") => None,
            ("features", Some(other)) => {
                let place = |name: &str| order.iter().position(|known| known == name);
                let is_earlier = place(other) < place(own) && place(other).is_some();
                (other != *own && !is_earlier).then(|| {
                    format!("{other} comes after {own} in features/mod.rs: let {other} call {own}, ask a function of the database, or split")
                })
            }
            _ => {
                Some("a feature knows the floors below it and earlier features: take what it needs in `new`".to_owned())
            }
        },
        _ => Some("say in tests/architecture/floors.rs on which floor this file stands".to_owned()),
    }
}

fn inner_faults(path: &str, part: &str, code: &str) -> Vec<String> {
    let Some((_, modules, crates, instead)) = FORBIDDEN.iter().find(|(name, ..)| *name == part) else {
        return Vec::new();
    };
    let own: BTreeSet<String> = super_paths(code).collect();
    let mut faults = Vec::new();
    for module in modules.iter().filter(|module| own.contains(**module)) {
        faults.push(format!("{path} names its feature's {module}: {instead}"));
    }
    for name in crates.iter().filter(|name| names_crate(code, name)) {
        faults.push(format!("{path} names {name}: {instead}"));
    }
    faults
}

/// The text without comments and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `crate::a::b`, in `use` lines and within the code; of a group, every member.
fn crate_paths(code: &str) -> BTreeSet<(String, Option<String>)> {
    let mut found = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        let rest = &code[at + start.len()..];
        let module = word(rest);
        match rest[module.len()..].strip_prefix("::") {
            None => found.extend([(module.to_owned(), None)]),
            Some(rest) => {
                let members = rest.strip_prefix('{').map_or_else(|| vec![word(rest)], group);
                found.extend(
                    members
                        .into_iter()
                        .map(|next| (module.to_owned(), Some(next.to_owned()))),
                );
            }
        }
    }
    found.retain(|(module, _)| !module.is_empty());
    found
}

/// The modules that follow `super::`, however many of them there are.
fn super_paths(code: &str) -> impl Iterator<Item = String> {
    code.match_indices("super::").flat_map(|(at, start)| {
        let rest = &code[at + start.len()..];
        let names = rest.strip_prefix('{').map_or_else(|| vec![word(rest)], group);
        names.into_iter().map(str::to_owned).collect::<Vec<_>>()
    })
}

/// The first words of the members of a group, up to its end.
fn group(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut members = vec![word(text.trim_start())];
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(word(text[at + 1..].trim_start())),
            _ => {}
        }
    }
    members.retain(|member| !member.is_empty());
    members
}

fn word(text: &str) -> &str {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_');
    &text[..end.unwrap_or(text.len())]
}

/// `name::` as the first part of a path.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':')
    })
}

#[cfg(test)]
mod tests {
    use super::super::sources::sources;
    use super::*;

    #[test]
    fn everybody_knows_only_what_stands_below() {
        assert_eq!(faults(&sources()), [""; 0]);
    }

    /// One file too many, and what is said of it.
    fn found(path: &str, text: &str) -> Vec<String> {
        let mut sources: Vec<Source> = sources()
            .into_iter()
            .filter(|(path, _)| path == "server/src/features/mod.rs")
            .collect();
        sources.push((path.to_owned(), text.to_owned()));
        faults(&sources)
    }

    #[test]
    fn each_floor_can_be_broken() {
        let cases = [
            ("server/src/money.rs", "use crate::plumbing::db::Db;", "the ground"),
            (
                "server/src/plumbing/db/mod.rs",
                "use crate::features::audit;",
                "plumbing knows",
            ),
            (
                "server/src/core.rs",
                "fn f() { crate::program::run() }",
                "plumbing knows",
            ),
            (
                "server/src/features/models/usecases.rs",
                "use crate::features::instances;",
                "comes after",
            ),
            (
                "server/src/features/models/http.rs",
                "use crate::features::{audit, gateway::table};",
                "gateway comes after models",
            ),
            (
                "server/src/features/chat/mod.rs",
                "use crate::program::Program;",
                "earlier features",
            ),
            ("server/src/features/chat/mod.rs", "pub mod store;", "shows its `store`"),
            (
                "server/src/features/chat/rules.rs",
                "use super::store::Row;",
                "a decision is pure",
            ),
            (
                "server/src/features/chat/rules/a.rs",
                "fn f(x: sqlx::PgPool) {}",
                "a decision is pure",
            ),
            (
                "server/src/features/chat/store/a.rs",
                "use super::super::{http, rules};",
                "move the type down",
            ),
            (
                "server/src/features/chat/usecases.rs",
                "use axum::http::StatusCode;",
                "let `http` say",
            ),
            ("server/src/stranger.rs", "use crate::ids::new_id;", "on which floor"),
        ];
        for (path, text, said) in cases {
            let found = found(path, text);
            let expected = said.replace("is pure", "is a pure function");
            assert!(found.len() == 1 && found[0].contains(&expected), "{path}: {found:?}");
        }
    }

    #[test]
    fn what_stands_below_may_be_named() {
        for (path, text) in [
            (
                "server/src/features/models/usecases.rs",
                "use crate::features::{audit, catalog};\nuse super::store;",
            ),
            (
                "server/src/features/models/rules.rs",
                "use crate::money::Eur; // crate::features::gateway",
            ),
            ("server/src/plumbing/db/mod.rs", "use crate::error::Result;"),
            ("server/src/program/mod.rs", "use crate::features::gateway::Gateway;"),
        ] {
            assert_eq!(found(path, text), [""; 0], "{path}");
        }
    }
}
