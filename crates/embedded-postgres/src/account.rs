//! As which user the server runs.

use std::ffi::CStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// A user the server runs as instead of root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// For messages: a name, or the number where the user has none.
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// `None` when this process is not root and the server simply runs as the same user.
    ///
    /// An existing cluster decides: PostgreSQL insists on owning its files, so whoever made them goes on serving them
    /// (made by `nobody` before the package with the account `postgres` was installed, or by a user before root).
    pub fn for_cluster(cluster: &Path) -> Result<Option<Self>, Error> {
        let own_uid = effective_uid();
        let owner = cluster.metadata().ok().map(|found| (found.uid(), found.gid()));
        match owner {
            Some((uid, _)) if own_uid != 0 && uid != own_uid => Err(Error::ForeignOwner {
                path: cluster.into(),
                owner: uid,
            }),
            _ if own_uid != 0 => Ok(None),
            Some((uid, gid)) if uid != 0 => Ok(Some(Self {
                name: format!("with the number {uid}"),
                uid,
                gid,
            })),
            _ => [c"postgres", c"nobody"]
                .into_iter()
                .find_map(by_name)
                .map(Some)
                .ok_or(Error::NoAccount),
        }
    }

    /// Makes `command` run as this user; std drops the supplementary groups by itself.
    pub fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Asks the kernel, rather than guessing from mode bits, whether this user may run `program` and enter `directory`.
    pub fn check_access(&self, program: &Path, directory: &Path) -> Result<(), Error> {
        if self.is_denied(program, Path::new("/"))? {
            return Err(Error::NotExecutable {
                program: program.into(),
                account: self.name.clone(),
            });
        }
        if !self.is_denied(program, directory)? {
            return Ok(());
        }
        // Name the outermost directory that is closed: that is the one to do something about.
        let mut above: Vec<&Path> = directory.ancestors().collect();
        above.reverse();
        for closed in above {
            if self.is_denied(program, closed)? {
                return Err(Error::NotTraversable {
                    directory: closed.into(),
                    account: self.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn is_denied(&self, program: &Path, directory: &Path) -> Result<bool, Error> {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).current_dir(directory);
        self.apply(&mut command);
        match command.output() {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(true),
            Err(error) => Err(Error::io("run", program)(error)),
        }
    }
}

#[allow(unsafe_code)] // geteuid has no failure and touches no memory; std does not offer it
pub(crate) fn effective_uid() -> u32 {
    unsafe { libc::geteuid() }
}

/// The account of that name in the system's user database (which may be more than /etc/passwd).
#[allow(unsafe_code)] // getpwnam_r fills only `entry` and `buffer`, both of which outlive every use of the result
fn by_name(name: &CStr) -> Option<Account> {
    let mut buffer = vec![0 as libc::c_char; 16 * 1024];
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let mut found: *mut libc::passwd = std::ptr::null_mut();
    let (uid, gid) = unsafe {
        let status = libc::getpwnam_r(
            name.as_ptr(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &mut found,
        );
        if status != 0 || found.is_null() {
            return None;
        }
        ((*found).pw_uid, (*found).pw_gid)
    };
    Some(Account {
        name: format!("`{}`", name.to_string_lossy()),
        uid,
        gid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_looked_up_by_name() {
        assert_eq!(by_name(c"root").map(|account| account.uid), Some(0));
        assert_eq!(by_name(c"no-such-account-here"), None);
    }
}
