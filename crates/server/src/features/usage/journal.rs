//! The journal: events on our own disk until the database has them.
//!
//! Append-only segment files in one directory. [`Journal::append`] returns when the operating system has the bytes, so killing the
//! process loses nothing that was answered; [`Journal::sync`], called by the writer every few milliseconds while there is something
//! to sync, bounds what a power cut can lose. A segment is deleted when the database has all of it.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use tokio::sync::Notify;

use super::event::{JournaledEvent, UsageEvent};
use super::frame::{self, Decoded};
use super::refused::Refused;
use super::segments::{SEGMENT_BYTES, count_records, create_segment, read_from, segment_path, segments};
use crate::plumbing::private_files;

/// Events kept in memory while the disk refuses them; no request is admitted meanwhile.
const MOST_UNWRITTEN: usize = 20_000;

/// More than a record: a disk with room for less is full.
const PROBE_BYTES: usize = 4096;

/// Cheap to clone.
#[derive(Clone)]
pub struct Journal(Arc<Shared>);

struct Shared {
    directory: PathBuf,
    segment_bytes: u64,
    tail: Mutex<Tail>,
    /// Bytes were appended that have not been synced.
    dirty: AtomicBool,
    /// False while the disk refuses events.
    writable: AtomicBool,
    appended: Notify,
    to_sync: Notify,
    /// Events appended and not yet shipped, as far as known.
    backlog: AtomicU64,
    /// Segments in which something can't be read: they are put aside, not removed, for whoever can read more out of them.
    damaged: Mutex<HashSet<u64>>,
    // One process at a time: two would ship, and delete, each other's segments.
    _lock: File,
}

/// The segment that grows.
struct Tail {
    number: u64,
    file: File,
    length: u64,
    /// Nothing may follow in this file: it is full, or a write failed and half a record may be there.
    closed: bool,
    /// What the disk refused, in order.
    unwritten: VecDeque<Vec<u8>>,
}

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    segment: u64,
    offset: u64,
}

/// Records read from one place on.
pub struct Batch {
    pub events: Vec<JournaledEvent>,
    /// Where to go on.
    pub end: Position,
}

impl Journal {
    /// Opens the directory, making it if needed. New events go to a new segment: what a crash left is never appended to.
    ///
    /// # Errors
    /// The directory can't be written, or another process uses it.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        Self::open_with(directory, SEGMENT_BYTES)
    }

    fn open_with(directory: &Path, segment_bytes: u64) -> anyhow::Result<Self> {
        private_files::ensure_directory(directory).context("the usage journal")?;
        let lock = private_files::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(directory.join("lock"))
            .context("opening the lock of the usage journal")?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => {
                anyhow::anyhow!(
                    "another process uses this data directory's usage journal; give each its own --data-dir"
                )
            }
            std::fs::TryLockError::Error(error) => error.into(),
        })?;
        let found = segments(directory)?;
        let number = found.last().map_or(1, |last| last + 1);
        let mut backlog = 0;
        for segment in &found {
            let segment = segment_path(directory, *segment);
            backlog += count_records(&read_from(&segment, 0).context("reading the usage journal")?);
        }
        let file = create_segment(directory, number).context("making a segment of the usage journal")?;
        let shared = Shared {
            directory: directory.to_owned(),
            segment_bytes,
            tail: Mutex::new(Tail {
                number,
                file,
                length: 0,
                closed: false,
                unwritten: VecDeque::new(),
            }),
            dirty: AtomicBool::new(false),
            writable: AtomicBool::new(true),
            appended: Notify::new(),
            to_sync: Notify::new(),
            backlog: AtomicU64::new(backlog),
            damaged: Mutex::default(),
            _lock: lock,
        };
        Ok(Self(Arc::new(shared)))
    }

    /// Appends an event; the bytes are with the operating system when this returns. When the disk refuses, the event is kept in
    /// memory, tried again with the next one, and the journal says that it is not [writable](Self::is_writable).
    pub fn append(&self, event: &UsageEvent) {
        let Ok(payload) = serde_json::to_vec(event) else {
            tracing::error!(request_id = %event.request_id, "a usage event could not be written down");
            metrics::counter!("usage_events_lost_total").increment(1);
            return;
        };
        let frame = frame::encode(&payload);
        self.0.backlog.fetch_add(1, Ordering::Relaxed);
        let mut tail = self.tail();
        if !tail.unwritten.is_empty() && !self.write_down(&mut tail) {
            self.keep_unwritten(&mut tail, frame, event);
            return;
        }
        match self.write_frame(&mut tail, &frame) {
            Ok(()) => {
                drop(tail);
                self.announce();
            }
            Err(error) => {
                tracing::error!(%error, "the usage journal can't be written; no new requests are admitted until it can");
                self.keep_unwritten(&mut tail, frame, event);
            }
        }
    }

    /// False while the disk refuses events: a request admitted now might not be accounted for.
    pub fn is_writable(&self) -> bool {
        self.0.writable.load(Ordering::Acquire)
    }

    /// Finds out whether events could be written now, without waiting for one, and writes what the disk refused before. A directory
    /// that is gone takes bytes into the open file all the same, and they would be gone with it.
    pub fn check(&self) {
        let mut tail = self.tail();
        match self.probe(&tail) {
            Ok(()) if self.is_writable() => {}
            Ok(()) => drop(self.write_down(&mut tail)),
            Err(error) => {
                // What is not where it belongs is not written to any more.
                tail.closed = true;
                if self.0.writable.swap(false, Ordering::AcqRel) {
                    tracing::error!(%error, "the usage journal can't be written; no new requests are admitted until it can");
                }
            }
        }
    }

    fn probe(&self, tail: &Tail) -> io::Result<()> {
        let probe = self.0.directory.join("probe");
        std::fs::write(&probe, [0; PROBE_BYTES])?;
        std::fs::remove_file(&probe)?;
        if tail.closed {
            return Ok(());
        }
        let (named, open) = (
            std::fs::metadata(self.segment_path(tail.number))?,
            tail.file.metadata()?,
        );
        match (named.dev(), named.ino()) == (open.dev(), open.ino()) {
            true => Ok(()),
            false => Err(io::Error::other("another file has taken the place of its segment")),
        }
    }

    /// Where events that the database refuses are kept.
    pub fn refused(&self) -> Refused {
        Refused::new(&self.0.directory)
    }

    /// Makes what was appended survive a power cut. Blocks on the disk; does nothing when nothing was appended.
    ///
    /// # Errors
    /// The disk's.
    pub fn sync(&self) -> io::Result<()> {
        if !self.0.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let file = self.tail().file.try_clone()?;
        file.sync_data()
    }

    /// Resolves when something was appended since the last time.
    pub async fn appended(&self) {
        self.0.appended.notified().await;
    }

    /// Resolves when there is something to sync.
    pub async fn to_sync(&self) {
        self.0.to_sync.notified().await;
    }

    /// Events that the database does not have yet.
    pub fn backlog(&self) -> u64 {
        self.0.backlog.load(Ordering::Relaxed)
    }

    /// The oldest record.
    ///
    /// # Errors
    /// The directory can't be read.
    pub fn start(&self) -> io::Result<Position> {
        let first = segments(&self.0.directory)?.first().copied();
        Ok(Position {
            segment: first.unwrap_or_else(|| self.tail().number),
            offset: 0,
        })
    }

    /// Up to `most` records from a place on. Torn or damaged ends of segments are passed over; only the growing segment is waited for.
    ///
    /// # Errors
    /// A segment can't be read.
    pub fn read(&self, from: Position, most: usize) -> io::Result<Batch> {
        let mut events = Vec::new();
        let mut at = from;
        loop {
            // Read before the file is: what is appended in between is found the next time.
            let growing = self.tail().number;
            let bytes = match read_from(&self.segment_path(at.segment), at.offset) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                read => read?,
            };
            let mut consumed = 0;
            while events.len() < most {
                match frame::decode(&bytes[consumed..]) {
                    Decoded::Record(payload, length) => {
                        consumed += length;
                        match JournaledEvent::read(payload) {
                            Some(event) => events.push(event),
                            None => self.report_damage(at.segment, at.offset + consumed as u64),
                        }
                    }
                    Decoded::Torn => break,
                    Decoded::Damaged => {
                        self.report_damage(at.segment, at.offset + consumed as u64);
                        break;
                    }
                }
            }
            at.offset += consumed as u64;
            if events.len() >= most || at.segment >= growing {
                return Ok(Batch { events, end: at });
            }
            at = Position {
                segment: at.segment + 1,
                offset: 0,
            };
        }
    }

    fn report_damage(&self, segment: u64, offset: u64) {
        let mut damaged = self.0.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.insert(segment) {
            metrics::counter!("usage_journal_damage_total").increment(1);
            tracing::error!(
                segment,
                offset,
                "the usage journal is damaged; the segment is put aside as .damaged once the rest is written"
            );
        }
    }

    /// The database has everything before this place: whole segments before it go.
    ///
    /// # Errors
    /// A segment can't be removed; it will be read, and found known, again.
    pub fn shipped(&self, before: Position, count: u64) -> io::Result<()> {
        let backlog = &self.0.backlog;
        let _ = backlog.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |backlog| {
            Some(backlog.saturating_sub(count))
        });
        for segment in segments(&self.0.directory)? {
            if segment < before.segment {
                let path = self.segment_path(segment);
                let is_damaged = self
                    .0
                    .damaged
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(&segment);
                if is_damaged {
                    std::fs::rename(&path, path.with_extension("damaged"))?;
                } else {
                    std::fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }

    /// Closes the growing segment if it holds anything, so that it can be deleted once shipped.
    ///
    /// # Errors
    /// No new segment can be made.
    pub fn rotate(&self) -> io::Result<()> {
        let mut tail = self.tail();
        if tail.length == 0 {
            return Ok(());
        }
        self.next_segment(&mut tail)
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        // A panic while the lock was held leaves at worst a torn record, which readers pass over.
        self.0.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_frame(&self, tail: &mut Tail, frame: &[u8]) -> io::Result<()> {
        let is_full = tail.length > 0 && tail.length + frame.len() as u64 > self.0.segment_bytes;
        if tail.closed || is_full {
            self.next_segment(tail)?;
        }
        let written = tail.file.write_all(frame);
        tail.closed = written.is_err();
        tail.length += frame.len() as u64;
        written
    }

    fn next_segment(&self, tail: &mut Tail) -> io::Result<()> {
        // A number is used once, even if making its file fails half-way; readers have then left the segment before.
        tail.closed = true;
        tail.number += 1;
        let file = create_segment(&self.0.directory, tail.number)?;
        let closed = std::mem::replace(&mut tail.file, file);
        tail.length = 0;
        tail.closed = false;
        // Rare (once per several thousand requests), and the closed file would not be synced by anybody else.
        closed.sync_data()
    }

    fn write_down(&self, tail: &mut Tail) -> bool {
        while let Some(frame) = tail.unwritten.pop_front() {
            if self.write_frame(tail, &frame).is_err() {
                tail.unwritten.push_front(frame);
                return false;
            }
        }
        self.0.writable.store(true, Ordering::Release);
        self.announce();
        true
    }

    fn announce(&self) {
        self.0.dirty.store(true, Ordering::Release);
        self.0.to_sync.notify_one();
        self.0.appended.notify_one();
    }

    fn keep_unwritten(&self, tail: &mut Tail, frame: Vec<u8>, event: &UsageEvent) {
        self.0.writable.store(false, Ordering::Release);
        if tail.unwritten.len() < MOST_UNWRITTEN {
            tail.unwritten.push_back(frame);
        } else {
            metrics::counter!("usage_events_lost_total").increment(1);
            tracing::error!(request_id = %event.request_id, "a usage event is lost: the disk refuses it and memory for it is full");
        }
    }

    fn segment_path(&self, number: u64) -> PathBuf {
        segment_path(&self.0.directory, number)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let tail = self.tail.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = tail.file.sync_data() {
            tracing::error!(%error, "the usage journal could not be synced at the end");
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::features::usage::event::Outcome;

    pub fn event(number: u128) -> UsageEvent {
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        UsageEvent {
            request_id: uuid::Uuid::from_u128(number),
            started_at: at,
            finished_at: at,
            consumer_tenant: uuid::Uuid::from_u128(1),
            consumer_organization_id: None,
            consumer_user_id: None,
            api_key_id: None,
            api_key_name: None,
            provider_tenant: uuid::Uuid::nil(),
            instance_id: uuid::Uuid::from_u128(2),
            model_tenant: uuid::Uuid::nil(),
            model_id: uuid::Uuid::from_u128(3),
            model_name: "m".to_owned(),
            uncached_input_tokens: 1,
            cached_input_tokens: 0,
            output_tokens: 2,
            reasoning_tokens: 0,
            estimated: false,
            price_id: None,
            charge_eur: rust_decimal::Decimal::ZERO,
            outcome: Outcome::Complete,
            http_status: 200,
            streamed: false,
            latency_ms: 3,
            first_token_ms: None,
        }
    }

    fn read_all(journal: &Journal) -> Vec<u128> {
        let mut at = journal.start().unwrap();
        let mut ids = Vec::new();
        loop {
            let batch = journal.read(at, 3).unwrap();
            if batch.events.is_empty() {
                return ids;
            }
            ids.extend(batch.events.iter().map(|event| event.event.request_id.as_u128()));
            at = batch.end;
        }
    }

    #[test]
    fn events_survive_the_process_and_come_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open_with(directory.path(), 1_000).unwrap();
        (0..10).for_each(|number| journal.append(&event(number)));
        assert_eq!(read_all(&journal), (0..10).collect::<Vec<_>>());
        drop(journal);
        let journal = Journal::open_with(directory.path(), 1_000).unwrap();
        assert_eq!(journal.backlog(), 10);
        journal.append(&event(10));
        assert_eq!(read_all(&journal), (0..=10).collect::<Vec<_>>());
        assert!(segments(directory.path()).unwrap().len() > 2);
    }

    #[test]
    fn shipped_segments_are_deleted_and_the_rest_stays() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open_with(directory.path(), 1_000).unwrap();
        (0..10).for_each(|number| journal.append(&event(number)));
        let batch = journal.read(journal.start().unwrap(), 4).unwrap();
        journal.shipped(batch.end, 4).unwrap();
        assert_eq!(journal.backlog(), 6);
        // What is in the same segment as the place is read again: known by then.
        let left = read_all(&journal);
        assert!(left.ends_with(&[4, 5, 6, 7, 8, 9]) && left.len() < 10, "{left:?}");
        journal.rotate().unwrap();
        let all = journal.read(journal.start().unwrap(), 100).unwrap();
        journal.shipped(all.end, 6).unwrap();
        assert_eq!(read_all(&journal), []);
        assert_eq!(segments(directory.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_torn_or_damaged_end_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        for (round, garbage) in [&frame::encode(b"half")[..6], &[0; 64], b"\x02\0\0\0\0\0\0\0xx"]
            .iter()
            .enumerate()
        {
            let journal = Journal::open(directory.path()).unwrap();
            journal.append(&event(round as u128));
            journal.tail().file.write_all(garbage).unwrap();
        }
        let journal = Journal::open(directory.path()).unwrap();
        journal.append(&event(3));
        assert_eq!(read_all(&journal), [0, 1, 2, 3]);
    }

    #[test]
    fn a_disk_that_refuses_stops_admission_and_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let path = journal.segment_path(1);
        // A file that is open for reading only refuses every write.
        journal.tail().file = File::open(path).unwrap();
        std::fs::create_dir(journal.segment_path(2)).unwrap();
        journal.append(&event(1));
        assert!(!journal.is_writable());
        std::fs::remove_dir(journal.segment_path(2)).unwrap();
        journal.append(&event(2));
        journal.check();
        assert!(journal.is_writable());
        assert_eq!(read_all(&journal), [1, 2]);
    }

    #[test]
    fn a_directory_that_is_gone_is_noticed_before_an_event_is_written_into_nothing() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("journal");
        let journal = Journal::open(&directory).unwrap();
        journal.append(&event(1));
        journal.check();
        assert!(journal.is_writable());
        std::fs::rename(&directory, place.path().join("elsewhere")).unwrap();
        journal.check();
        assert!(!journal.is_writable());
        journal.append(&event(2));
        std::fs::rename(place.path().join("elsewhere"), &directory).unwrap();
        journal.check();
        assert!(journal.is_writable());
        assert_eq!(read_all(&journal), [1, 2]);
    }

    #[test]
    fn a_segment_that_was_replaced_is_not_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        std::fs::remove_file(journal.segment_path(1)).unwrap();
        std::fs::write(journal.segment_path(1), b"").unwrap();
        journal.check();
        assert!(!journal.is_writable());
        journal.append(&event(1));
        journal.check();
        assert!(journal.is_writable());
        assert_eq!(read_all(&journal), [1]);
    }

    #[test]
    fn two_processes_never_share_a_journal() {
        let directory = tempfile::tempdir().unwrap();
        let first = Journal::open(directory.path()).unwrap();
        assert!(Journal::open(directory.path()).is_err());
        drop(first);
        assert!(Journal::open(directory.path()).is_ok());
    }
}
