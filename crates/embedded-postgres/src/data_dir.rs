//! The directory that holds the cluster, and its lock.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::account::{self, Account};
use crate::error::Error;

/// Where a program of this name keeps its data unless told otherwise: `/var/lib/<name>` for root, below whose home
/// PostgreSQL's account could not go; else `$XDG_DATA_HOME/<name>` or `~/.local/share/<name>`.
///
/// # Errors
/// [`Error::NoHome`].
pub fn default_data_dir(app_name: &str) -> Result<PathBuf, Error> {
    #[expect(
        clippy::disallowed_methods,
        reason = "where data is kept is for the environment to say"
    )]
    let xdg_data_home = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    default_for(account::effective_uid(), xdg_data_home, std::env::home_dir())
        .map(|base| base.join(app_name))
        .ok_or(Error::NoHome)
}

fn default_for(uid: u32, xdg_data_home: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    if uid == 0 {
        return Some("/var/lib".into());
    }
    // The specification says to ignore relative paths.
    let absolute = |path: &PathBuf| path.is_absolute();
    xdg_data_home
        .filter(absolute)
        .or_else(|| home.filter(absolute).map(|home| home.join(".local/share")))
}

/// Followed by the pid of the owner that makes it.
const NEW_CLUSTER_PREFIX: &str = "postgres.new-";

/// The names of the entries; see the table in the documentation of the crate.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    pub fn at(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Makes the directory if need be. One that exists keeps its mode: it may be anything, such as `/tmp`.
    pub fn create(path: &Path) -> Result<Self, Error> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => open_to_account(path)?,
            Err(_) if path.is_dir() => {}
            Err(error) => return Err(Error::io("create", path)(error)),
        }
        // The server is started from `/`.
        let path = fs::canonicalize(path).map_err(Error::io("find", path))?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn cluster(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// Of this process only: without death signals a killed owner's `initdb` may still be at work in its own.
    pub fn new_cluster(&self) -> PathBuf {
        self.path.join(format!("{NEW_CLUSTER_PREFIX}{}", std::process::id()))
    }

    /// All that are there, whoever began them.
    pub fn new_clusters(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let named = |entry: &fs::DirEntry| entry.file_name().as_bytes().starts_with(NEW_CLUSTER_PREFIX.as_bytes());
        entries.filter(named).map(|entry| entry.path()).collect()
    }

    pub fn socket(&self) -> PathBuf {
        self.path.join("socket")
    }

    pub fn socket_record(&self) -> PathBuf {
        self.path.join("socket-dir")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.path.join("owner.lock")
    }

    /// The major version that made the cluster. `None`: there is no cluster.
    pub fn cluster_version(&self) -> Option<u32> {
        let text = fs::read_to_string(self.cluster().join("PG_VERSION")).ok()?;
        // Before 10 it was two numbers.
        text.trim().split('.').next()?.parse().ok()
    }

    /// Makes this process the owner until the result is dropped or the process dies.
    pub fn lock(&self) -> Result<Lock, Error> {
        let path = self.lock_file();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(Error::io("read", &path))?;
                return Err(Error::InUse {
                    data_dir: self.path.clone(),
                    pid: text.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
        }
        // The number is for people and for the message above; the lock itself decides.
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(Error::io("write", &path))?;
        Ok(Lock { _file: file })
    }
}

/// Ownership of a data directory. The file is closed on exec, so no child carries the lock on.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Makes an empty directory that only the server's user may enter; its parent is not open to others' renames.
pub(crate) fn make_private_dir(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(Error::io("create", path))?;
    if let Some(account) = account {
        std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)).map_err(Error::io("give away", path))?;
    }
    Ok(())
}

/// Removes a directory with all in it. None there is fine.
pub(crate) fn remove_dir(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Lets PostgreSQL's account pass through a directory of root's to its own ones, but list nothing.
pub(crate) fn open_to_account(path: &Path) -> Result<(), Error> {
    let mode = if account::effective_uid() == 0 { 0o711 } else { 0o700 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::io("set the mode of", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_keeps_data_where_other_accounts_can_go() {
        let home = || Some(PathBuf::from("/srv/admin"));
        assert_eq!(
            default_for(0, Some("/srv/admin/.data".into()), home()),
            Some("/var/lib".into())
        );
    }

    #[test]
    fn a_user_keeps_data_where_the_desktop_specification_says() {
        let home = || Some(PathBuf::from("/srv/ada"));
        assert_eq!(default_for(1000, Some("/data".into()), home()), Some("/data".into()));
        assert_eq!(
            default_for(1000, Some("relative".into()), home()),
            Some("/srv/ada/.local/share".into())
        );
        assert_eq!(default_for(1000, None, None), None);
    }

    #[test]
    fn a_locked_directory_tells_who_holds_it_and_opens_when_released() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(dir.path()).unwrap();
        let lock = data_dir.lock().unwrap();
        let own = std::process::id();
        assert!(matches!(data_dir.lock(), Err(Error::InUse { pid: Some(pid), .. }) if pid == own));
        drop(lock);
        data_dir.lock().unwrap();
    }

    #[test]
    fn an_existing_directory_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o750)).unwrap();
        DataDir::create(dir.path()).unwrap();
        assert_eq!(dir.path().metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }
}
