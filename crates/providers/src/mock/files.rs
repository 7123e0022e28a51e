//! The cloud's directory: one lock for everything in it, one file per server.
//!
//! ```text
//! lock            held during every look at or change of the rest
//! servers/<id>.json    one server, mode 0600
//! logs/<id>.log        what its worker printed since it was last spawned
//! faults.json     faults still to happen
//! calls.jsonl     what was asked and what came of it
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::record::Record;

/// Longest wait for the lock. Its holders only touch files and signal processes.
const LOCK_DEADLINE: Duration = Duration::from_secs(30);
/// A worker's log is emptied beyond this size, in bytes.
const LOG_LIMIT: u64 = 4 << 20;
/// Logs kept, those of deleted servers included.
const LOGS_KEPT: usize = 64;

#[derive(Debug, Clone)]
pub(super) struct Directory {
    path: PathBuf,
}

/// The directory, for as long as nobody else may touch it. The kernel lets go of the lock when the process dies.
pub(super) struct Locked<'a> {
    directory: &'a Directory,
    lock: File,
}

impl Directory {
    pub fn create(path: &Path) -> io::Result<Self> {
        for part in [path.to_owned(), path.join("servers"), path.join("logs")] {
            DirBuilder::new().recursive(true).mode(0o700).create(part)?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Blocks. The lock excludes other processes as well as other threads of this one.
    pub fn lock(&self) -> io::Result<Locked<'_>> {
        let lock = private_file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.join("lock"))?;
        let deadline = Instant::now() + LOCK_DEADLINE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Locked { directory: self, lock }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "the mock cloud is locked by another process",
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Said aloud, because a child that is just being spawned may hold a copy of the descriptor for a moment longer.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the mock cloud's directory could not be unlocked");
        }
    }
}

impl Locked<'_> {
    pub fn faults_file(&self) -> PathBuf {
        self.directory.path.join("faults.json")
    }

    pub fn calls_file(&self) -> PathBuf {
        self.directory.path.join("calls.jsonl")
    }

    /// Oldest first. An unreadable file is an error and not an absence.
    pub fn servers(&self) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        for entry in fs::read_dir(self.directory.path.join("servers"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                records.push(parse(&path, &fs::read(&path)?)?);
            }
        }
        records.sort_by_key(|record: &Record| (record.created_at, record.id));
        Ok(records)
    }

    pub fn server(&self, id: Uuid) -> io::Result<Option<Record>> {
        let path = self.server_file(id);
        match fs::read(&path) {
            Ok(content) => parse(&path, &content).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn save(&self, record: &Record) -> io::Result<()> {
        replace(&self.server_file(record.id), &serde_json::to_vec_pretty(record)?)
    }

    pub fn remove(&self, id: Uuid) -> io::Result<()> {
        let path = self.server_file(id);
        fs::remove_file(&path)?;
        sync_parent(&path)
    }

    /// An empty log for a worker about to be spawned; logs of the oldest servers make room for it.
    pub fn new_log(&self, id: Uuid) -> io::Result<File> {
        let logs = self.directory.path.join("logs");
        let mut names: Vec<_> = fs::read_dir(&logs)?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<_>>()?;
        names.sort();
        for name in names.iter().take((names.len() + 1).saturating_sub(LOGS_KEPT)) {
            fs::remove_file(logs.join(name))?;
        }
        let log = private_file().append(true).create(true).open(self.log_file(id))?;
        log.set_len(0)?;
        Ok(log)
    }

    /// Empties a log that grew too long. Its writer appends, so it goes on at the new end.
    pub fn bound_log(&self, id: Uuid) -> io::Result<()> {
        match fs::metadata(self.log_file(id)) {
            Ok(metadata) if metadata.len() > LOG_LIMIT => {
                OpenOptions::new().write(true).open(self.log_file(id))?.set_len(0)
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn server_file(&self, id: Uuid) -> PathBuf {
        self.directory.path.join("servers").join(format!("{id}.json"))
    }

    fn log_file(&self, id: Uuid) -> PathBuf {
        self.directory.path.join("logs").join(format!("{id}.log"))
    }
}

/// Options for a file that only its owner may read.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Writes the whole file or nothing, whatever moment the process or the host dies.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = private_file().write(true).create(true).truncate(true).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn parse(path: &Path, content: &[u8]) -> io::Result<Record> {
    serde_json::from_slice(content).map_err(|error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{name} is not a server's record: {error}"),
        )
    })
}
