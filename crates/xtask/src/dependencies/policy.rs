//! The two lists that we read from `deny.toml`; its other settings are for `cargo deny` alone.

use crate::failure::{Outcome, fail};

pub struct Policy {
    /// SPDX identifiers.
    pub licences: Vec<String>,
    /// Licences that one package may have besides: its name, the SPDX identifier.
    pub exceptions: Vec<(String, String)>,
    /// Names of packages.
    pub banned: Vec<String>,
}

/// Expects `allow = [ … ]` and lines `{ allow = ["…"], crate = "…" }` below `[licenses]`, and `crate = "…"` in the lines below `[bans]`.
pub fn read(text: &str) -> Outcome<Policy> {
    let licences: Vec<String> = section(text, "licenses")
        .skip_while(|line| !line.starts_with("allow = ["))
        .take_while(|line| !line.starts_with(']'))
        .flat_map(quoted)
        .collect();
    let exceptions = section(text, "licenses")
        .filter(|line| line.starts_with("{ allow = ["))
        .filter_map(|line| {
            let mut texts: Vec<String> = quoted(line).collect();
            let package = texts.pop()?;
            Some(texts.into_iter().map(move |licence| (package.clone(), licence)))
        })
        .flatten()
        .collect();
    let banned: Vec<String> = section(text, "bans")
        .filter_map(|line| line.split_once("crate = ").and_then(|(_, name)| quoted(name).next()))
        .collect();
    if licences.is_empty() || banned.is_empty() {
        fail!("deny.toml must allow licences ([licenses] allow) and ban crates ([bans] deny)");
    }
    Ok(Policy {
        licences,
        exceptions,
        banned,
    })
}

fn section<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let header = format!("[{name}]");
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .skip_while(move |line| *line != header)
        .skip(1)
        .take_while(|line| !(line.starts_with('[') && line.ends_with(']') && !line.contains('"')))
}

fn quoted(line: &str) -> impl Iterator<Item = String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_from_their_sections_only() {
        let text = "[bans]\ndeny = [\n  { crate = \"openssl\", reason = \"x\" }, # why\n]\n[licenses]\nallow = [\n  \"MIT\",\n  \"Apache-2.0\", \
                    # fine\n]\nexceptions = [\n  { allow = [\"MPL-2.0\"], crate = \"one\" },\n]\n[sources]\nallow = [\n \"no\"]\n";
        let policy = read(text).unwrap();
        assert_eq!(policy.licences, ["MIT", "Apache-2.0"]);
        assert_eq!(policy.banned, ["openssl"]);
        assert_eq!(policy.exceptions, [("one".to_owned(), "MPL-2.0".to_owned())]);
    }

    #[test]
    fn a_file_without_the_lists_is_refused() {
        assert!(read("[licenses]\nallow = [\n]\n").is_err());
    }
}
