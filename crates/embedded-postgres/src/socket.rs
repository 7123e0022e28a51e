//! The private directory of the Unix socket.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::account::{self, Account};
use crate::data_dir::{self, DataDir};
use crate::error::Error;

/// Part of the socket's name; nothing listens on a network port.
pub(crate) const PORT: u16 = 5432;
/// Tells our directories from others' in a shared place.
const SHORT_PREFIX: &str = "embedded-postgres-socket-";
/// How many names are tried in a shared place.
const ATTEMPTS: u32 = 100;

/// A directory for the socket of one running server.
#[derive(Debug)]
pub(crate) struct SocketDir {
    path: PathBuf,
    record: PathBuf,
}

impl SocketDir {
    /// `socket/` in the data directory, or, where that path won't do for a socket, a short one elsewhere that is
    /// written down so that the next owner can remove it. No server of this data directory runs any more.
    pub fn create(data_dir: &DataDir, account: Option<&Account>) -> Result<Self, Error> {
        remove_previous(data_dir, account)?;
        let (inside, record) = (data_dir.socket(), data_dir.socket_record());
        let path = if is_usable(&inside) {
            data_dir::make_private_dir(&inside, account)?;
            inside
        } else {
            let path = make_short(&short_places(), account)?;
            write_record(&record, &path)?;
            path
        };
        Ok(Self { path, record })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Best effort: what stays is removed at the next start.
    pub fn remove(&self) {
        if data_dir::remove_dir(&self.path).is_ok() {
            let _ = fs::remove_file(&self.record);
        }
    }
}

/// Removes the socket directory of an earlier owner, wherever it was.
pub(crate) fn remove_previous(data_dir: &DataDir, account: Option<&Account>) -> Result<(), Error> {
    data_dir::remove_dir(&data_dir.socket())?;
    let record = data_dir.socket_record();
    let Ok(path) = fs::read(&record) else { return Ok(()) };
    let path = PathBuf::from(std::ffi::OsString::from_vec(path));
    if is_ours(&path, account) {
        data_dir::remove_dir(&path)?;
    }
    fs::remove_file(&record).map_err(Error::io("remove", &record))
}

/// The place is shared, so the name may long be someone else's.
fn is_ours(path: &Path, account: Option<&Account>) -> bool {
    use std::os::unix::fs::MetadataExt;
    let named = path
        .file_name()
        .is_some_and(|name| name.as_bytes().starts_with(SHORT_PREFIX.as_bytes()));
    let owner = account.map_or_else(account::effective_uid, |account| account.uid);
    named
        && path
            .symlink_metadata()
            .is_ok_and(|found| found.is_dir() && found.uid() == owner)
}

/// Whether the path of the socket itself fits into the kernel's address (with its terminating zero) and clients can be
/// told of it: a URL is text, and PostgreSQL's own programs take a comma for the end of one host of several.
fn is_usable(dir: &Path) -> bool {
    const ADDRESS_BYTES: usize = if cfg!(target_os = "linux") { 108 } else { 104 };
    let socket = dir.join(format!(".s.PGSQL.{PORT}"));
    socket.as_os_str().len() < ADDRESS_BYTES && dir.to_str().is_some_and(|dir| !dir.contains(','))
}

/// Places with short paths, best first: those where not everyone can write.
#[expect(
    clippy::disallowed_methods,
    reason = "where sockets may be is for the environment to say"
)]
fn short_places() -> Vec<PathBuf> {
    let runtime = match account::effective_uid() {
        0 => Some("/run".into()),
        _ => std::env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute()),
    };
    runtime.into_iter().chain(["/tmp".into()]).collect()
}

/// Creating a directory fails if the name exists, in whatever form, so nobody can have prepared it.
fn make_short(places: &[PathBuf], account: Option<&Account>) -> Result<PathBuf, Error> {
    let mut tried = PathBuf::new();
    for place in places {
        for number in 0..ATTEMPTS {
            tried = place.join(format!("{SHORT_PREFIX}{}-{number}", std::process::id()));
            if !is_usable(&tried) {
                break;
            }
            match data_dir::make_private_dir(&tried, account) {
                Ok(()) => return Ok(tried),
                Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(_) => break,
            }
        }
    }
    Err(Error::NoSocketDir { tried })
}

fn write_record(record: &Path, path: &Path) -> Result<(), Error> {
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(record)?;
        file.write_all(path.as_os_str().as_bytes())
    };
    write().map_err(Error::io("write", record))
}

/// The value of `unix_socket_directories`, which is a list: quoted, whatever is in it stays one name.
pub(crate) fn as_setting(dir: &Path) -> String {
    format!("\"{}\"", dir.to_string_lossy().replace('"', "\"\""))
}

/// The URL of a database behind a socket in `dir`. The host before the `?` is only there because URLs need one.
pub(crate) fn url(dir: &Path, user: &str, database: &str) -> String {
    let (user, database) = (percent_encoded(OsStr::new(user)), percent_encoded(OsStr::new(database)));
    let dir = percent_encoded(dir.as_os_str());
    // Clients would otherwise take these from PGSSLMODE and the like.
    format!("postgres://{user}@localhost:{PORT}/{database}?host={dir}&sslmode=disable")
}

/// Everything but RFC 3986's unreserved characters is escaped.
fn percent_encoded(text: &OsStr) -> String {
    text.as_bytes()
        .iter()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_fits_up_to_the_kernels_limit() {
        let of_length = |bytes: usize| PathBuf::from(format!("/{}", "d".repeat(bytes - 1)));
        let limit = if cfg!(target_os = "linux") { 107 } else { 103 } - "/.s.PGSQL.5432".len();
        assert!(is_usable(&of_length(limit)));
        assert!(!is_usable(&of_length(limit + 1)));
        assert!(!is_usable(Path::new("/a,b")));
    }

    #[test]
    fn a_url_escapes_whatever_a_path_or_name_may_contain() {
        assert_eq!(
            url(Path::new("/var/a b&c/é"), "postgres", "x?y"),
            "postgres://postgres@localhost:5432/x%3Fy?host=%2Fvar%2Fa%20b%26c%2F%C3%A9&sslmode=disable"
        );
    }

    #[test]
    fn a_taken_name_in_a_shared_place_is_never_reused() {
        let place = tempfile::tempdir_in("/tmp").unwrap();
        let places = [place.path().to_path_buf()];
        let first = make_short(&places, None).unwrap();
        let second = make_short(&places, None).unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn a_recorded_directory_that_is_not_ours_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(dir.path()).unwrap();
        let precious = dir.path().join("precious");
        fs::create_dir(&precious).unwrap();
        write_record(&data_dir.socket_record(), &precious).unwrap();
        remove_previous(&data_dir, None).unwrap();
        assert!(precious.is_dir());
        assert!(!data_dir.socket_record().exists());
    }
}
