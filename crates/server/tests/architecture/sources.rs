//! The program's source text, for rules about who names what.

use std::path::{Path, PathBuf};

/// A file: its path below `crates/`, and what is in it.
pub type Source = (String, String);

/// Everything of the crates that have a database at hand.
pub fn sources() -> Vec<Source> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for directory in ["server/src", "cli/src"] {
        read(&crates, &crates.join(directory), &mut found);
    }
    assert!(found.len() > 100, "the sources were found");
    found
}

fn read(crates: &Path, directory: &Path, found: &mut Vec<Source>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(crates, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(crates).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Who names a thing without being listed for it, and who is listed and doesn't. `instead` says what to do.
pub fn misnamed(sources: &[Source], thing: &str, files: &[&str], instead: &str) -> Vec<String> {
    let names = |text: &str| {
        text.match_indices(thing).any(|(at, _)| {
            let after = text[at + thing.len()..].chars().next();
            !after.is_some_and(|after| after.is_alphanumeric() || after == '_')
        })
    };
    let mut faults = Vec::new();
    for (path, text) in sources {
        if names(text) && !files.contains(&path.as_str()) {
            faults.push(format!("{path} names {thing}, which is not its own: {instead}"));
        }
    }
    for file in files {
        if !sources.iter().any(|(path, text)| path == file && names(text)) {
            faults.push(format!(
                "{file} is listed for {thing} and does not name it: take it off the list"
            ));
        }
    }
    faults
}
