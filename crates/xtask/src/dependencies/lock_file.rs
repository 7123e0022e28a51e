//! Bans and sources, from `Cargo.lock`.

/// One sentence per package that is banned or comes from elsewhere than the registry or this repository.
pub fn problems(lock: &str, banned: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    for entry in lock.split("[[package]]").skip(1) {
        let name = value(entry, "name").unwrap_or_default();
        if banned.iter().any(|banned| banned == name) {
            problems.push(format!("{name} is banned (deny.toml says why)"));
        }
        match value(entry, "source") {
            None => {}
            Some(source) if source.starts_with("registry+") => {}
            Some(source) => problems.push(format!("{name} comes from {source}, not from the registry")),
        }
    }
    problems
}

fn value<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    let prefix = format!("{key} = \"");
    entry
        .lines()
        .find_map(|line| line.strip_prefix(&prefix)?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"openssl\"\nversion = \
                        \"1.0.0\"\nsource = \"registry+https://example.org/index\"\n\n[[package]]\nname = \"forked\"\nversion = \
                        \"1.0.0\"\nsource = \"git+https://example.org/forked\"\n";

    #[test]
    fn banned_packages_and_foreign_sources_are_named() {
        let problems = problems(LOCK, &["openssl".to_owned()]);
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("openssl is banned"), "{problems:?}");
        assert!(problems[1].starts_with("forked comes from git+"), "{problems:?}");
    }

    #[test]
    fn packages_of_the_registry_and_of_ours_are_fine() {
        assert_eq!(problems(LOCK, &[]).len(), 1);
    }
}
