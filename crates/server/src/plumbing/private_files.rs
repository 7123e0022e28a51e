//! Files and directories that nobody else on the machine may read: secrets, mails with links that work, what people used. What is
//! open to others is mended where it is ours, and refused with what to do where it is somebody else's.

use std::fs::{DirBuilder, Metadata, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;

/// Bits of a mode that must go: of what is ours everything for group and others; of what was given to us by its owner, as
/// `root:inventiv 0640`, everything for others.
fn excess(mode: u32, is_ours: bool) -> u32 {
    mode & if is_ours { 0o077 } else { 0o007 }
}

/// Makes what is there private, and with a directory the files in it. Nothing there is fine.
///
/// # Errors
/// It is open to others and can't be mended; says what to do.
pub fn ensure(path: &Path) -> anyhow::Result<()> {
    let found = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        found => found.with_context(|| format!("looking at {}", path.display()))?,
    };
    mend(path, &found)?;
    if !found.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(|| format!("reading the directory {}", path.display()))? {
        let entry = entry?;
        let found = match entry.metadata() {
            // Done with meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            found => found?,
        };
        if found.is_file() {
            mend(&entry.path(), &found)?;
        }
    }
    Ok(())
}

/// Makes the directory if it isn't there, and it and the files in it private.
///
/// # Errors
/// As [`ensure`], or it can't be made.
pub fn ensure_directory(path: &Path) -> anyhow::Result<()> {
    make_directory(path).with_context(|| format!("making the directory {}", path.display()))?;
    ensure(path)
}

/// Makes the directory if it isn't there.
pub fn make_directory(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The text of a secret file.
///
/// # Errors
/// As [`ensure`], or it can't be read.
pub fn read(path: &Path) -> anyhow::Result<String> {
    ensure(path)?;
    Ok(std::fs::read_to_string(path)?)
}

/// For making a file that is private from its first moment on.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn mend(path: &Path, found: &Metadata) -> anyhow::Result<()> {
    let mode = found.mode() & 0o7777;
    // Whose this process is, without a call that isn't safe.
    let own = std::fs::metadata("/proc/self").map_or(u32::MAX, |process| process.uid());
    let excess = excess(mode, found.uid() == own);
    if excess == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode & !excess)).with_context(|| {
        let letters = if excess & 0o070 == 0 { "o=" } else { "go=" };
        format!(
            "{0} can be read or changed by other users of this machine (mode {mode:04o}) and holds what is secret: run `chmod {letters} {0}`, \
             or let it be mounted with such a mode",
            path.display()
        )
    })?;
    tracing::warn!(path = %path.display(), "was open to other users of this machine (mode {mode:04o}); it no longer is");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn what_is_ours_is_mended_with_the_files_in_it() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("journal");
        ensure_directory(&directory).unwrap();
        assert_eq!(mode(&directory), 0o700);
        let file = directory.join("1.journal");
        std::fs::write(&file, "x").unwrap();
        for (path, open) in [(&directory, 0o755), (&file, 0o644)] {
            std::fs::set_permissions(path, Permissions::from_mode(open)).unwrap();
        }
        ensure_directory(&directory).unwrap();
        assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
        assert_eq!(read(&file).unwrap(), "x");
        ensure(&place.path().join("nothing")).unwrap();
    }

    #[test]
    fn what_an_operator_gave_to_our_group_stays_readable_to_it() {
        assert_eq!(excess(0o640, false), 0);
        assert_eq!(excess(0o644, false), 0o004);
        assert_eq!(excess(0o640, true), 0o040);
        assert_eq!(excess(0o600, true), 0);
    }
}
