//! What was asked of the cloud and what came of it: the evidence tests look at.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::faults::Fault;
use super::files::{Locked, private_file, replace};
use crate::Operation;

/// Bytes beyond which the older half is dropped: some ten thousand calls.
const SIZE_LIMIT: u64 = 4 << 20;

/// One call. Look-ups are only written down when a fault met them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    pub at: DateTime<Utc>,
    pub operation: Operation,
    pub zone: String,
    /// The tag of the server that the call is about, if there is one.
    pub instance_id: Option<Uuid>,
    pub server_id: Option<String>,
    pub effect: Effect,
    /// `ok`, or the code of the error the caller got.
    pub outcome: String,
    pub fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing changed.
    None,
    Created,
    /// Powering on was accepted.
    Started,
    /// Deletion was accepted.
    Deleted,
    /// Gone by a [`Fault::Vanish`].
    Vanished,
}

pub(super) fn append(locked: &Locked<'_>, entry: &JournalEntry) -> io::Result<()> {
    let path = locked.calls_file();
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > SIZE_LIMIT) {
        let content = fs::read_to_string(&path)?;
        replace(&path, newer_half(&content).as_bytes())?;
    }
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    private_file().append(true).create(true).open(path)?.write_all(&line)
}

/// Oldest first.
pub(super) fn read(locked: &Locked<'_>) -> io::Result<Vec<JournalEntry>> {
    let content = match fs::read_to_string(locked.calls_file()) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(content.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// Ids of all servers ever made for an instance, oldest first, as far back as the journal reaches.
///
/// A server is written before its line, so a crash in between leaves no line; the server itself, or the line of any later
/// change to it, tells all the same.
pub(super) fn created_servers(locked: &Locked<'_>, instance_id: Uuid) -> io::Result<Vec<String>> {
    let entries = read(locked)?.into_iter();
    let changed = entries.filter(|entry| entry.instance_id == Some(instance_id) && entry.effect != Effect::None);
    let existing = locked
        .servers()?
        .into_iter()
        .filter(|record| record.instance_id == instance_id);
    let ids: BTreeSet<String> = changed
        .filter_map(|entry| entry.server_id)
        .chain(existing.map(|record| record.id.to_string()))
        .collect();
    Ok(ids.into_iter().collect())
}

fn newer_half(content: &str) -> &str {
    let half = content.len() / 2;
    content.as_bytes()[half..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or("", |end_of_line| &content[half + end_of_line + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_the_journal_keeps_whole_lines_and_the_newest() {
        assert_eq!(newer_half("first\nsecond\nthird\nfourth\n"), "fourth\n");
        assert_eq!(newer_half("one long line without an end"), "");
    }
}
