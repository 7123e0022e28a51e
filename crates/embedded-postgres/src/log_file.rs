//! The file into which `initdb` and the server write.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// A log above this size is moved aside at the next start; one older log is kept.
const ROTATE_ABOVE_BYTES: u64 = 16 * 1024 * 1024;
/// How much of the log an error quotes.
const TAIL_BYTES: u64 = 2 * 1024;

#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
    /// Where this run's text begins, so that an error never quotes an earlier run.
    begin: u64,
}

impl LogFile {
    pub fn open(path: PathBuf) -> Result<Self, Error> {
        if path.metadata().is_ok_and(|found| found.len() > ROTATE_ABOVE_BYTES) {
            fs::rename(&path, older(&path)).map_err(Error::io("rename", &path))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        let begin = file.metadata().map_err(Error::io("read", &path))?.len();
        Ok(Self { path, file, begin })
    }

    /// The child gets the open file, so it needs no right to the path.
    pub fn receive(&self, command: &mut Command) -> Result<(), Error> {
        let copy = || self.file.try_clone().map_err(Error::io("open", &self.path));
        command.stdin(Stdio::null()).stdout(copy()?).stderr(copy()?);
        Ok(())
    }

    /// The last whole lines that this run wrote.
    pub fn tail(&self) -> String {
        self.read_tail()
            .unwrap_or_else(|error| format!("(the log cannot be read: {error})"))
    }

    fn read_tail(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let from = file.metadata()?.len().saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(from.max(self.begin)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let cut = if from > self.begin {
            text.find('\n').map_or(0, |end| end + 1)
        } else {
            0
        };
        Ok(text[cut..].trim_end().to_owned())
    }
}

fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_tail_is_of_this_run_only_and_of_bounded_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "an earlier run\n").unwrap();
        let mut log = LogFile::open(path).unwrap();
        assert_eq!(log.tail(), "");
        writeln!(log.file, "short").unwrap();
        assert_eq!(log.tail(), "short");
        for number in 0..1000 {
            writeln!(log.file, "line {number}").unwrap();
        }
        let tail = log.tail();
        assert!(
            tail.len() as u64 <= TAIL_BYTES && tail.starts_with("line ") && tail.ends_with("line 999"),
            "{tail}"
        );
    }

    #[test]
    fn a_large_log_is_moved_aside_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        File::create(&path).unwrap().set_len(ROTATE_ABOVE_BYTES + 1).unwrap();
        LogFile::open(path.clone()).unwrap();
        assert_eq!(path.metadata().unwrap().len(), 0);
        assert_eq!(older(&path).metadata().unwrap().len(), ROTATE_ABOVE_BYTES + 1);
    }
}
