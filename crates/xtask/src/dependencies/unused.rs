//! Dependencies that a crate names and does not use, or the workspace names and no crate does. A word search: a name that only appears in a comment counts as used, which is
//! the harmless direction. Exceptions stand where `cargo machete` looks for them: `[package.metadata.cargo-machete] ignored = [...]`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::failure::{Failure, Outcome};
use crate::workspace;

pub fn problems() -> Outcome<Vec<String>> {
    let crates = workspace::path("crates");
    let mut problems = Vec::new();
    let mut named = BTreeSet::new();
    for entry in fs::read_dir(&crates).map_err(Failure::io("listing", &crates))? {
        let directory = entry.map_err(Failure::io("listing", &crates))?.path();
        let manifest = directory.join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let manifest = fs::read_to_string(&manifest).map_err(Failure::io("reading", &manifest))?;
        let source = source_of(&directory)?;
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for dependency in dependencies(&manifest) {
            if !mentions(&source, dependency) {
                problems.push(format!("crates/{name} names {dependency} and does not use it"));
            }
            named.insert(dependency.to_owned());
        }
    }
    let workspace_manifest = workspace::path("Cargo.toml");
    let workspace_manifest =
        fs::read_to_string(&workspace_manifest).map_err(Failure::io("reading", &workspace_manifest))?;
    let unused = dependencies(&workspace_manifest)
        .into_iter()
        .filter(|dependency| !named.contains(*dependency));
    problems.extend(unused.map(|dependency| format!("Cargo.toml names {dependency} and no crate does")));
    problems.sort();
    Ok(problems)
}

fn source_of(directory: &Path) -> Outcome<String> {
    let mut source = String::new();
    for file in workspace::files_below(directory)? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            source.push_str(&fs::read_to_string(&file).map_err(Failure::io("reading", &file))?);
        }
    }
    Ok(source)
}

fn dependencies(manifest: &str) -> Vec<&str> {
    let ignored: Vec<&str> = manifest
        .lines()
        .filter(|line| line.starts_with("ignored = "))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect();
    let mut names = Vec::new();
    let mut in_dependencies = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !name.is_empty() && !ignored.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn mentions(source: &str, dependency: &str) -> bool {
    let identifier = dependency.replace('-', "_");
    let is_part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    source.match_indices(&identifier).any(|(start, _)| {
        let before = source[..start].chars().next_back();
        let after = source[start + identifier.len()..].chars().next();
        !before.is_some_and(is_part_of_word) && !after.is_some_and(is_part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_dependency_sections_are_read() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\ntokio.workspace = true\nserde = { version = \"1\" }\n\n[dev-dependencies]\ntempfile \
                        = \"3\"\n[package.metadata.cargo-machete]\nignored = [\"serde\"]\n";
        assert_eq!(dependencies(manifest), ["tokio", "tempfile"]);
    }

    #[test]
    fn only_whole_words_count_as_use() {
        assert!(mentions("use tokio_util::sync;", "tokio-util"));
        assert!(!mentions("use tokio_util::sync;", "tokio"));
        assert!(mentions("#[tokio::test]", "tokio"));
    }
}
