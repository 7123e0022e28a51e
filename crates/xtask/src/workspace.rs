//! Where things are in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::failure::{Failure, Outcome};

/// The repository's root. Asked from the environment that `cargo run` sets, because a compiled-in path goes stale when a checkout
/// moves together with its target directory.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let manifest_dir =
            std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        manifest_dir
            .ancestors()
            .nth(2)
            .map_or(manifest_dir.clone(), Path::to_path_buf)
    })
}

pub fn path(relative: &str) -> PathBuf {
    root().join(relative)
}

/// Cargo's output directory.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), |dir| root().join(dir))
}

/// Our own corner of it: stamps, the Python environment, what is compared.
pub fn scratch() -> Outcome<PathBuf> {
    let dir = target().join("xtask");
    fs::create_dir_all(&dir).map_err(Failure::io("making", &dir))?;
    Ok(dir)
}

/// All files below `start` (or `start` itself), sorted; build output and dependencies are left out.
pub fn files_below(start: &Path) -> Outcome<Vec<PathBuf>> {
    const NOT_OURS: [&str; 5] = ["target", "node_modules", "dist", "artifacts", ".git"];
    let mut files = Vec::new();
    let mut pending = vec![start.to_path_buf()];
    while let Some(next) = pending.pop() {
        if !next.is_dir() {
            files.push(next);
            continue;
        }
        for entry in fs::read_dir(&next).map_err(Failure::io("listing", &next))? {
            let entry = entry.map_err(Failure::io("listing", &next))?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            if !NOT_OURS.contains(&name.as_ref()) {
                pending.push(entry.clone());
            }
        }
    }
    files.sort();
    Ok(files)
}
