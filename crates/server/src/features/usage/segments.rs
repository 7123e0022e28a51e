//! The files of the journal: numbered, ascending, in one directory.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::frame::{self, Decoded};
use crate::plumbing::private_files;

/// A segment is closed when it is larger than this.
pub const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
const EXTENSION: &str = "journal";

/// Where a segment lies.
pub fn segment_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}.{EXTENSION}"))
}

/// # Errors
/// The disk's; a segment of this number must not exist.
pub fn create_segment(directory: &Path, number: u64) -> io::Result<File> {
    let path = segment_path(directory, number);
    let file = private_files::options().append(true).create_new(true).open(path)?;
    // The name must survive as well as the content.
    File::open(directory)?.sync_all()?;
    Ok(file)
}

/// Numbers of the segments, ascending.
pub fn segments(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let is_segment = path.extension().is_some_and(|extension| extension == EXTENSION);
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        numbers.extend(number.filter(|_| is_segment));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The bytes of a segment from an offset on.
pub fn read_from(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    // A segment is bounded, a little over its nominal size.
    file.take(SEGMENT_BYTES * 2).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whole records at the beginning of the bytes.
pub fn count_records(bytes: &[u8]) -> u64 {
    let (mut count, mut at) = (0, 0);
    while let Decoded::Record(_, length) = frame::decode(&bytes[at..]) {
        (count, at) = (count + 1, at + length);
    }
    count
}
