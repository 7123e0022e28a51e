//! `.sqlx`: what PostgreSQL says about every query, checked in so that builds need no database. The query macros write it by
//! themselves when they are compiled with a database and `SQLX_OFFLINE_DIR`, so no further tool is needed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::generate::Mode;
use crate::disposable_database::DisposableDatabase;
use crate::failure::{Failure, Outcome, fail};
use crate::program::Program;
use crate::stamp::Stamp;
use crate::workspace;

const CACHE: &str = ".sqlx";
/// Everything that decides what belongs into the cache.
const INPUTS: [&str; 4] = ["crates/server", "migrations", "Cargo.lock", CACHE];

/// Writes the cache, or says how the checked-in one differs.
pub fn refresh(mode: Mode) -> Outcome {
    let fresh = describe_queries(&["check", "--package", "inventiv-server", "--all-targets"])?;
    match mode {
        Mode::Write => replace(&workspace::path(CACHE), &fresh),
        Mode::Check => compare(&workspace::path(CACHE), &fresh),
    }
}

/// Clippy for everything. When queries, schema or cache changed since the last time, it compiles them against a real database and
/// the cache is compared with what that says: one compilation serves both.
pub fn lint_and_check() -> Outcome {
    const CLIPPY: [&str; 3] = ["clippy", "--workspace", "--all-targets"];
    const STRICT: [&str; 3] = ["--", "-D", "warnings"];
    let stamp = Stamp::of("sqlx", &INPUTS)?;
    if stamp.is_fresh(&workspace::path(CACHE)) {
        return Program::cargo().args(CLIPPY).args(STRICT).run();
    }
    let fresh = describe_queries(&[&CLIPPY[..], &STRICT[..]].concat())?;
    compare(&workspace::path(CACHE), &fresh)?;
    stamp.set()
}

/// Runs cargo so that the macros of the server describe their queries; the result is a directory of what they wrote.
fn describe_queries(cargo: &[&str]) -> Outcome<PathBuf> {
    let directory = workspace::scratch()?.join("sqlx");
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(Failure::io("removing", &directory))?;
    }
    fs::create_dir_all(&directory).map_err(Failure::io("making", &directory))?;
    let database = DisposableDatabase::migrated()?;
    // Cargo doesn't know that the macros read the environment; a crate that it holds to be fresh would describe nothing.
    for root in ["crates/server/src/lib.rs", "crates/server/tests/it/main.rs"] {
        touch(&workspace::path(root))?;
    }
    Program::cargo()
        .args(cargo)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &directory)
        .env("DATABASE_URL", &database.url)
        .run()?;
    Ok(directory)
}

fn touch(file: &Path) -> Outcome {
    let opened = File::options().append(true).open(file);
    opened
        .and_then(|file| file.set_modified(SystemTime::now()))
        .map_err(Failure::io("touching", file))
}

fn replace(cache: &Path, fresh: &Path) -> Outcome {
    let (old, new) = (contents(cache)?, contents(fresh)?);
    fs::create_dir_all(cache).map_err(Failure::io("making", cache))?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        let file = cache.join(name);
        fs::remove_file(&file).map_err(Failure::io("removing", &file))?;
    }
    for (name, content) in new.iter().filter(|(name, content)| old.get(*name) != Some(content)) {
        let file = cache.join(name);
        fs::write(&file, content).map_err(Failure::io("writing", &file))?;
    }
    println!("      {CACHE}: {} queries", new.len());
    Ok(())
}

fn compare(cache: &Path, fresh: &Path) -> Outcome {
    let (old, new) = (contents(cache)?, contents(fresh)?);
    let missing = new.keys().filter(|name| !old.contains_key(*name)).count();
    let stale = old.keys().filter(|name| !new.contains_key(*name)).count();
    let different = new
        .iter()
        .filter(|(name, content)| old.get(*name).is_some_and(|known| known != *content))
        .count();
    if missing + stale + different > 0 {
        fail!(
            "{CACHE} is stale ({missing} queries missing, {stale} gone, {different} changed): run `cargo xtask gen sqlx` and commit the result"
        );
    }
    println!("      {CACHE}: {} queries, all as checked in", new.len());
    Ok(())
}

/// Names and contents of the files of a flat directory, which may not exist.
fn contents(directory: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut contents = BTreeMap::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.map_err(Failure::io("listing", directory))?.path();
        let text = fs::read_to_string(&path).map_err(Failure::io("reading", &path))?;
        contents.insert(
            path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            text,
        );
    }
    Ok(contents)
}
