//! A file with a secret, which nobody else on the machine may read. Open to others it is mended where it is ours, and refused where
//! it is somebody else's; the server does the same with its own.

use std::fs::Permissions;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// # Errors
/// It can't be read, or others can read it and that can't be mended; says what to do.
pub fn read(path: &Path) -> std::io::Result<String> {
    let found = std::fs::metadata(path)?;
    // Whose this process is, without a call that isn't safe.
    let own = std::fs::metadata("/proc/self").map_or(u32::MAX, |process| process.uid());
    let mode = found.mode() & 0o7777;
    let excess = mode & if found.uid() == own { 0o077 } else { 0o007 };
    if excess != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(mode & !excess)).map_err(|error| {
            let words = format!(
                "other users of this machine can read it (mode {mode:04o}), run `chmod go= {}`: {error}",
                path.display()
            );
            Error::new(ErrorKind::PermissionDenied, words)
        })?;
    }
    std::fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_ours_is_closed_to_others_before_it_is_read() {
        let path = std::env::temp_dir().join(format!("inventiv-token-{}", std::process::id()));
        std::fs::write(&path, "token").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read(&path).unwrap(), "token");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        std::fs::remove_file(&path).unwrap();
    }
}
