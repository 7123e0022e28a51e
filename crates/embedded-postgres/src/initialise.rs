//! Making a cluster.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::account::Account;
use crate::cluster::{Durability, SUPERUSER};
use crate::data_dir::{self, DataDir};
use crate::error::Error;
use crate::installation::Installation;
use crate::leftovers;
use crate::log_file::LogFile;
use crate::process::{self, Signal};

/// About one second on an idle machine; a slow disk under load takes many times that.
const LIMIT: Duration = Duration::from_secs(180);

/// Makes sure there is a cluster of the installed version. The caller holds the lock.
pub(crate) fn ensure(
    data_dir: &DataDir,
    installation: &Installation,
    account: Option<&Account>,
    durability: Durability,
    log: &LogFile,
) -> Result<(), Error> {
    remove_unfinished(data_dir)?;
    let cluster = data_dir.cluster();
    match data_dir.cluster_version() {
        Some(version) if version == installation.version() => return Ok(()),
        Some(made_by) => {
            return Err(Error::OtherVersion {
                cluster,
                made_by,
                installed: installation.version(),
            });
        }
        None => {}
    }
    // The rename replaces an empty directory; one with files in it may be somebody's data.
    if fs::read_dir(&cluster).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::NotACluster { path: cluster });
    }
    make(data_dir, installation, account, durability, log)
}

fn make(
    data_dir: &DataDir,
    installation: &Installation,
    account: Option<&Account>,
    durability: Durability,
    log: &LogFile,
) -> Result<(), Error> {
    let unfinished = data_dir.new_cluster();
    // C.UTF-8 sorts by code point everywhere alike; systems without it have C, which does the same.
    let mut outcome = Ok(());
    for locale in ["C.UTF-8", "C"] {
        data_dir::remove_dir(&unfinished)?;
        data_dir::make_private_dir(&unfinished, account)?;
        outcome = run_initdb(&unfinished, installation, account, durability, locale, log);
        match &outcome {
            Err(Error::EndedEarly { log_tail, .. }) if log_tail.contains("invalid locale") => {}
            _ => break,
        }
    }
    outcome?;
    let cluster = data_dir.cluster();
    fs::rename(&unfinished, &cluster).map_err(Error::io("move into place", &cluster))?;
    sync_dir(data_dir.path())
}

/// An `initdb` that still writes can keep a directory from going; then the next start removes it. Only the name that
/// this process is going to use must be free.
fn remove_unfinished(data_dir: &DataDir) -> Result<(), Error> {
    for unfinished in data_dir.new_clusters() {
        let removed = leftovers::clear(&unfinished).and_then(|()| data_dir::remove_dir(&unfinished));
        match removed {
            Err(error) if unfinished == data_dir.new_cluster() => return Err(error),
            Err(error) => tracing::warn!(%error, "a half-made database cluster was left"),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn run_initdb(
    target: &Path,
    installation: &Installation,
    account: Option<&Account>,
    durability: Durability,
    locale: &str,
    log: &LogFile,
) -> Result<(), Error> {
    let program = installation.program("initdb");
    let mut command = base_command(&program, account);
    command
        .arg("-D")
        .arg(target)
        .args(["-U", SUPERUSER, "-E", "UTF8", "--no-instructions"]);
    command.arg(format!("--locale={locale}"));
    // Who may open the socket is decided by the directory it is in; see the documentation of the crate.
    command.args(["--auth-local=trust", "--auth-host=reject"]);
    match durability {
        Durability::Durable => command.arg("--data-checksums"),
        Durability::Disposable => command.args(["--no-sync", "--wal-segsize=1"]),
    };
    log.receive(&mut command)?;
    let mut child = process::spawn(command, Signal::Kill).map_err(Error::io("run", &program))?;
    match process::wait_for_end(&mut child, LIMIT).map_err(Error::io("await", &program))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Error::EndedEarly {
            program: "initdb",
            status: status.to_string(),
            log_tail: log.tail(),
        }),
        None => {
            process::send(Signal::Kill, child.id());
            child.wait().map_err(Error::io("await", &program))?;
            Err(Error::TooSlow {
                program: "initdb",
                seconds: LIMIT.as_secs(),
                log_tail: log.tail(),
            })
        }
    }
}

/// A program of PostgreSQL as the right user, and with none of the caller's environment: `PG…` variables would change
/// what it does, and secrets are none of its business.
pub(crate) fn base_command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_clear().env("LC_ALL", "C").env("TZ", "UTC");
    for kept in ["PATH", "LD_LIBRARY_PATH"] {
        #[expect(
            clippy::disallowed_methods,
            reason = "two variables that programs need to be found and to run"
        )]
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    if let Some(account) = account {
        account.apply(&mut command);
    }
    command
}

/// A rename survives a power cut only once its directory is written.
fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(Error::io("sync", path))
}
