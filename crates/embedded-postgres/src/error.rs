use std::io;
use std::path::{Path, PathBuf};

use crate::installation::OLDEST_SUPPORTED;

/// Why a cluster could not be found, made, started or stopped. Every message is one sentence that can be shown to the
/// operator as it is; those of a failed program end with the last lines of its log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "PostgreSQL {OLDEST_SUPPORTED} or newer is not installed: run `apt-get install postgresql` (Debian, Ubuntu) or \
         `brew install postgresql@17` (macOS), or give the URL of a running database"
    )]
    NotInstalled,

    #[error(
        "only PostgreSQL {found} was found (in {}), but {OLDEST_SUPPORTED} or newer is needed: install it with \
         `apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql@17` (macOS)",
        bin_dir.display()
    )]
    TooOld { bin_dir: PathBuf, found: u32 },

    #[error("the configured directory {} holds no working `initdb` and `postgres`", bin_dir.display())]
    NoPrograms { bin_dir: PathBuf },

    #[error(
        "the database in {} was made by PostgreSQL {made_by}, but PostgreSQL {installed} was found: install PostgreSQL \
         {made_by} or name its directory of programs, or move the data over with pg_upgrade or a dump",
        cluster.display()
    )]
    OtherVersion {
        cluster: PathBuf,
        made_by: u32,
        installed: u32,
    },

    /// `pid` is unknown only in the instant between locking and writing the number down.
    #[error("another Inventiv{} already uses the data directory {}", pid.map(|p| format!(" (process {p})")).unwrap_or_default(), data_dir.display())]
    InUse { data_dir: PathBuf, pid: Option<u32> },

    #[error("{} exists, is not empty and is not a database cluster: move it away or choose another data directory", path.display())]
    NotACluster { path: PathBuf },

    #[error(
        "{} belongs to the user with the number {owner}: run as that user or as root, or choose another data directory",
        path.display()
    )]
    ForeignOwner { path: PathBuf, owner: u32 },

    #[error(
        "PostgreSQL refuses to run as root and there is neither an account `postgres` nor `nobody` to run it as: create \
         one with `useradd --system postgres`"
    )]
    NoAccount,

    #[error(
        "the account {account}, as which PostgreSQL runs when started by root, may not enter {}: choose a data directory \
         elsewhere (such as below /var/lib) or allow it with `chmod o+x`",
        directory.display()
    )]
    NotTraversable { directory: PathBuf, account: String },

    #[error("the account {account}, as which PostgreSQL runs when started by root, may not execute {}", program.display())]
    NotExecutable { program: PathBuf, account: String },

    #[error("no home directory is known for the default data directory: set HOME or name a data directory")]
    NoHome,

    #[error("no directory with a path short enough for a Unix socket could be made (the last one tried: {})", tried.display())]
    NoSocketDir { tried: PathBuf },

    #[error("{program} ended early ({status}); the end of its log:\n{log_tail}")]
    EndedEarly {
        program: &'static str,
        status: String,
        log_tail: String,
    },

    #[error("{program} was not done within {seconds} s; the end of its log:\n{log_tail}")]
    TooSlow {
        program: &'static str,
        seconds: u64,
        log_tail: String,
    },

    #[error("process {pid}, a PostgreSQL server of an earlier run in {}, does not end", cluster.display())]
    WontStop { cluster: PathBuf, pid: u32 },

    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl Error {
    /// Adds what was being done, to which path; for `map_err`.
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io {
            action,
            path: path.as_ref().to_path_buf(),
            source,
        }
    }
}
