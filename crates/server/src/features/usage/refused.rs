//! What the database refuses: events in a file beside the journal, until somebody has mended the cause and has them tried again.
//!
//! One JSON object a line. Whoever writes holds the lock, so that the server and a command beside it never lose each other's lines. An
//! event is in the file, to the platter, before the journal goes on without it.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{JournaledEvent, UsageEvent};

/// The file of a journal's directory.
const NAME: &str = "refused.jsonl";

/// An event with the database's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusedEvent {
    pub refused_at: DateTime<Utc>,
    pub reason: String,
    /// Of the bytes in the journal, in base64url.
    pub payload_hash: String,
    pub event: UsageEvent,
}

impl RefusedEvent {
    pub fn new(event: &JournaledEvent, reason: String, refused_at: DateTime<Utc>) -> Self {
        Self {
            refused_at,
            reason,
            payload_hash: URL_SAFE_NO_PAD.encode(event.payload_hash),
            event: event.event.clone(),
        }
    }

    /// As it was in the journal; `None` where the hash is none.
    pub fn journaled(&self) -> Option<JournaledEvent> {
        Some(JournaledEvent {
            event: self.event.clone(),
            payload_hash: URL_SAFE_NO_PAD.decode(&self.payload_hash).ok()?.try_into().ok()?,
        })
    }

    /// The same for the same event, however often it was refused.
    pub fn identity(&self) -> (Uuid, String) {
        (self.event.request_id, self.payload_hash.clone())
    }
}

/// Where they are kept.
#[derive(Debug, Clone)]
pub struct Refused {
    directory: PathBuf,
}

impl Refused {
    /// Of the journal in this directory.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// Oldest first, each event once: after a crash some are refused again. A line that was not written to its end is passed over: its
    /// event is still in the journal.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn list(&self) -> io::Result<Vec<RefusedEvent>> {
        let text = self.read()?;
        let events = text.split(|byte| *byte == b'\n').filter_map(read_line);
        let mut seen = HashSet::new();
        Ok(events.filter(|refused| seen.insert(refused.identity())).collect())
    }

    /// Keeps them: on disk when this returns.
    ///
    /// # Errors
    /// The disk's: they may not be kept.
    pub fn keep(&self, refused: &[RefusedEvent]) -> io::Result<()> {
        let _locked = self.lock()?;
        // Begins a line of its own, whatever a crash left.
        let mut lines = vec![b'\n'];
        for event in refused {
            serde_json::to_writer(&mut lines, event)?;
            lines.push(b'\n');
        }
        let mut file = private(OpenOptions::new().append(true).create(true)).open(self.path())?;
        self.hand_over(&file)?;
        file.write_all(&lines)?;
        file.sync_all()?;
        self.sync_directory()
    }

    /// Takes these out; what else the file holds stays as it is. For whoever holds the lock.
    ///
    /// # Errors
    /// The disk's: all stay.
    pub fn forget(&self, written: &HashSet<(Uuid, String)>) -> io::Result<()> {
        let text = self.read()?;
        let is_kept = |line: &&[u8]| read_line(line).is_none_or(|refused| !written.contains(&refused.identity()));
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let kept: Vec<&[u8]> = lines.filter(is_kept).collect();
        if kept.is_empty() {
            match std::fs::remove_file(self.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => return self.sync_directory(),
            }
        }
        let draft = self.directory.join(format!("{NAME}.new"));
        let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&draft)?;
        self.hand_over(&file)?;
        for line in kept {
            file.write_all(line)?;
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        std::fs::rename(&draft, self.path())?;
        self.sync_directory()
    }

    /// Waits until nobody else writes; until the file is dropped nobody does.
    ///
    /// # Errors
    /// The disk's.
    pub fn lock(&self) -> io::Result<File> {
        let path = self.directory.join("refused.lock");
        let lock = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        self.hand_over(&lock)?;
        lock.lock()?;
        Ok(lock)
    }

    /// How many events there are, without reading what they say.
    ///
    /// # Errors
    /// The disk's.
    pub fn count(&self) -> io::Result<usize> {
        let file = match File::open(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            file => file?,
        };
        let mut lines = io::BufReader::new(file).split(b'\n');
        lines.try_fold(0, |count, line| Ok(count + usize::from(!line?.is_empty())))
    }

    /// A file that the operator's command makes is the server's, also when that is another user: the server goes on with it.
    fn hand_over(&self, file: &File) -> io::Result<()> {
        let (directory, made) = (std::fs::metadata(&self.directory)?, file.metadata()?);
        if (directory.uid(), directory.gid()) == (made.uid(), made.gid()) {
            return Ok(());
        }
        std::os::unix::fs::fchown(file, Some(directory.uid()), Some(directory.gid()))
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        match std::fs::read(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read,
        }
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

fn read_line(line: &[u8]) -> Option<RefusedEvent> {
    serde_json::from_slice(line).ok()
}

/// Events name people: their owner's alone.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::features::usage::journal::tests::event;

    fn refused(number: u128) -> RefusedEvent {
        let event = JournaledEvent {
            event: event(number),
            payload_hash: [number as u8; 32],
        };
        RefusedEvent::new(&event, "no".to_owned(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn each_event_is_listed_once_and_read_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let kept = Refused::new(directory.path());
        assert_eq!(kept.list().unwrap(), []);
        kept.keep(&[refused(1), refused(2)]).unwrap();
        kept.keep(&[refused(2), refused(3)]).unwrap();
        assert_eq!(kept.list().unwrap(), [refused(1), refused(2), refused(3)]);
        let mode = std::fs::metadata(kept.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(refused(1).journaled().unwrap().payload_hash, [1; 32]);
        kept.forget(&HashSet::from([refused(2).identity()])).unwrap();
        assert_eq!(kept.list().unwrap(), [refused(1), refused(3)]);
        kept.forget(&HashSet::from([refused(1).identity(), refused(3).identity()]))
            .unwrap();
        assert!(!kept.path().exists());
    }

    #[test]
    fn a_line_that_cannot_be_read_hides_no_other_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let kept = Refused::new(directory.path());
        kept.keep(&[refused(1)]).unwrap();
        let mut text = std::fs::read(kept.path()).unwrap();
        text.extend_from_slice(b"{\"refused_at\":");
        std::fs::write(kept.path(), text).unwrap();
        kept.keep(&[refused(2)]).unwrap();
        assert_eq!(kept.list().unwrap(), [refused(1), refused(2)]);
        kept.forget(&HashSet::from([refused(1).identity(), refused(2).identity()]))
            .unwrap();
        assert_eq!(std::fs::read(kept.path()).unwrap(), b"{\"refused_at\":\n");
    }
}
