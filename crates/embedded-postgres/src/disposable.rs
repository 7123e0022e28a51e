//! Temporary data directories, and removing those that dead processes left.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::account::{self, Account};
use crate::data_dir::{self, DataDir};
use crate::error::Error;
use crate::leftovers;
use crate::process;
use crate::socket;

/// Followed by the owner's pid, a dash and a number.
const PREFIX: &str = "embedded-postgres-";
/// How many clusters one process may have at a time.
const ATTEMPTS: u32 = 100;

/// A new data directory, removed on drop.
#[derive(Debug)]
pub(crate) struct TemporaryDir {
    path: PathBuf,
}

impl TemporaryDir {
    /// Makes a directory in `place`, after removing what dead processes left there.
    pub fn create(place: &Path) -> Result<Self, Error> {
        remove_abandoned(place);
        let mut path = place.to_path_buf();
        for number in 0..ATTEMPTS {
            path = place.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => {
                    let made = Self { path };
                    data_dir::open_to_account(&made.path)?;
                    return Ok(made);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("create", &path)(error)),
            }
        }
        Err(Error::io("create", &path)(std::io::ErrorKind::AlreadyExists.into()))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        if let Err(error) = data_dir::remove_dir(&self.path) {
            tracing::warn!(%error, "a temporary database directory was left");
        }
    }
}

/// Best effort: several test programs may do this at once, and what fails now is tried again by the next.
fn remove_abandoned(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let owner = entry.file_name().to_str().and_then(owner_of);
        if owner.is_some_and(|pid| !process::exists(pid))
            && let Err(error) = remove_one(&entry.path())
        {
            tracing::debug!(%error, "an abandoned database directory could not be removed");
        }
    }
}

fn owner_of(name: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    pid.parse().ok()
}

fn remove_one(path: &Path) -> Result<(), Error> {
    // Anyone can make a directory of that name in a shared place.
    if !path
        .symlink_metadata()
        .is_ok_and(|found| found.is_dir() && found.uid() == account::effective_uid())
    {
        return Ok(());
    }
    // The pid may mean nothing here (a container with the same temporary directory); the lock does.
    let data_dir = DataDir::create(path)?;
    let _lock = data_dir.lock()?;
    leftovers::clear(&data_dir.cluster())?;
    let account = Account::for_cluster(&data_dir.cluster())?;
    socket::remove_previous(&data_dir, account.as_ref())?;
    data_dir::remove_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_form_have_an_owner() {
        assert_eq!(owner_of("embedded-postgres-4711-0"), Some(4711));
        for other in [
            "embedded-postgres-socket-4711-0",
            "embedded-postgres-4711",
            "postgres-4711-0",
            "embedded-postgres-1-x",
        ] {
            assert_eq!(owner_of(other), None, "{other}");
        }
    }

    #[test]
    fn directories_of_the_dead_are_removed_and_those_of_the_living_kept() {
        let place = tempfile::tempdir().unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let dead = place.path().join(format!("{PREFIX}{}-0", gone.id()));
        let living = place.path().join(format!("{PREFIX}{}-0", std::process::id()));
        for dir in [&dead, &living] {
            fs::create_dir_all(dir.join("postgres")).unwrap();
        }
        let made = TemporaryDir::create(place.path()).unwrap();
        assert!(!dead.exists() && living.is_dir() && made.path().is_dir());
        assert_ne!(made.path(), living);
    }
}
