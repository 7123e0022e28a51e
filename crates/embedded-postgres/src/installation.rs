use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::data_dir::DataDir;
use crate::error::Error;

/// The oldest major version this crate works with.
pub const OLDEST_SUPPORTED: u32 = 15;

/// The programs of one PostgreSQL on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    bin_dir: PathBuf,
    version: u32,
}

impl Installation {
    /// The first that is new enough of: the configured directory of programs (then nothing else is tried), `initdb` on
    /// `PATH`, the newest packaged one (Debian, Red Hat), Homebrew's, Postgres.app.
    ///
    /// # Errors
    /// [`Error::NotInstalled`], [`Error::TooOld`] when there are only old ones, [`Error::NoPrograms`] when the
    /// configured directory isn't one.
    pub fn find(configured_bin_dir: Option<&Path>) -> Result<Self, Error> {
        choose(configured_bin_dir, Places::of_this_machine(), None)
    }

    /// As [`Self::find`], but prefers the version that made the cluster in `data_dir`, if there is one: installing a
    /// newer PostgreSQL beside the old one must not stop the program from starting.
    pub fn find_for(configured_bin_dir: Option<&Path>, data_dir: &Path) -> Result<Self, Error> {
        let made_by = DataDir::at(data_dir).cluster_version();
        choose(configured_bin_dir, Places::of_this_machine(), made_by)
    }

    /// The major version, such as 15.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Where `initdb`, `postgres` and usually `psql` are.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// What is in `bin_dir`, if both programs are there and tell their version.
    fn inspect(bin_dir: &Path) -> Option<Self> {
        // The link of a program may lead to the real directory, where its siblings are.
        let initdb = fs::canonicalize(bin_dir.join("initdb")).ok()?;
        let bin_dir = initdb.parent()?.to_path_buf();
        let output = Command::new(bin_dir.join("postgres"))
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let version = major_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin_dir, version })
    }
}

/// Where to look, in order.
struct Places {
    on_path: Vec<PathBuf>,
    packaged: Vec<VersionedDirs>,
}

/// `<parent>/<prefix><number>/<below>`, one per installed major version.
struct VersionedDirs {
    parent: PathBuf,
    prefix: &'static str,
    below: &'static str,
}

impl Places {
    #[expect(
        clippy::disallowed_methods,
        reason = "where programs are is for the environment to say"
    )]
    fn of_this_machine() -> Self {
        Self::new(std::env::var_os("PATH").as_deref(), Path::new("/"))
    }

    fn new(path: Option<&OsStr>, file_system: &Path) -> Self {
        let versioned = |parent: &str, prefix, below| VersionedDirs {
            parent: file_system.join(parent),
            prefix,
            below,
        };
        Self {
            // A relative entry means the current directory, from which no program should be run by accident.
            on_path: std::env::split_paths(path.unwrap_or_default())
                .filter(|dir| dir.is_absolute())
                .collect(),
            packaged: vec![
                versioned("usr/lib/postgresql", "", "bin"),
                versioned("usr", "pgsql-", "bin"),
                versioned("opt/homebrew/opt", "postgresql@", "bin"),
                versioned("usr/local/opt", "postgresql@", "bin"),
                versioned("Applications/Postgres.app/Contents/Versions", "", "bin"),
            ],
        }
    }

    fn bin_dirs(self) -> impl Iterator<Item = PathBuf> {
        self.on_path
            .into_iter()
            .chain(self.packaged.into_iter().flat_map(|dirs| dirs.newest_first()))
    }
}

impl VersionedDirs {
    fn newest_first(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.parent).into_iter().flatten().flatten();
        let mut found: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.strip_prefix(self.prefix)?.parse().ok()?;
                Some((version, entry.path().join(self.below)))
            })
            .collect();
        found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        found.into_iter().map(|(_, bin_dir)| bin_dir).collect()
    }
}

fn choose(configured: Option<&Path>, places: Places, preferred: Option<u32>) -> Result<Installation, Error> {
    if let Some(bin_dir) = configured {
        let found = Installation::inspect(bin_dir).ok_or_else(|| Error::NoPrograms {
            bin_dir: bin_dir.into(),
        })?;
        return new_enough(found);
    }
    let mut best: Option<Installation> = None;
    for found in places.bin_dirs().filter_map(|bin_dir| Installation::inspect(&bin_dir)) {
        let usable = found.version >= OLDEST_SUPPORTED;
        if usable && preferred.is_none_or(|version| version == found.version) {
            return Ok(found);
        }
        // Keep the first usable one; an old one only for telling about it.
        if best
            .as_ref()
            .is_none_or(|best| best.version < OLDEST_SUPPORTED && usable)
        {
            best = Some(found);
        }
    }
    new_enough(best.ok_or(Error::NotInstalled)?)
}

fn new_enough(found: Installation) -> Result<Installation, Error> {
    if found.version < OLDEST_SUPPORTED {
        return Err(Error::TooOld {
            bin_dir: found.bin_dir,
            found: found.version,
        });
    }
    Ok(found)
}

/// 15 from `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, 18 from `postgres (PostgreSQL) 18beta1`.
fn major_version(output: &str) -> Option<u32> {
    let (_, number) = output.split_once("(PostgreSQL) ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake_installation(bin_dir: &Path, version: &str) {
        fs::create_dir_all(bin_dir).unwrap();
        for program in ["initdb", "postgres"] {
            // Another process writes what will be executed: a file that this one has open for writing would, through
            // a fork in another test, stay "busy" for longer than its writing takes.
            let text = format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            let write = r#"printf %s "$1" > "$2" && chmod 755 "$2""#;
            let script = bin_dir.join(program);
            let written = Command::new("sh")
                .args(["-c", write, "sh", &text])
                .arg(script)
                .status()
                .unwrap();
            assert!(written.success());
        }
    }

    fn found_in(root: &Path, preferred: Option<u32>) -> Result<u32, Error> {
        choose(None, Places::new(None, root), preferred).map(|found| found.version())
    }

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(
            major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major_version("postgres 15"), None);
    }

    #[test]
    fn without_any_postgresql_one_sentence_names_the_command_that_installs_it() {
        let empty = tempfile::tempdir().unwrap();
        let message = found_in(empty.path(), None).unwrap_err().to_string();
        assert!(
            message.contains("apt-get install postgresql") && message.contains("brew install"),
            "{message}"
        );
        assert!(
            !message.contains('\n') && !message.contains(". "),
            "more than one sentence: {message}"
        );
    }

    #[test]
    fn the_newest_packaged_version_is_taken_by_number_not_by_name() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "100", "17"] {
            fake_installation(
                &root.path().join("usr/lib/postgresql").join(version).join("bin"),
                version,
            );
        }
        assert_eq!(found_in(root.path(), None).unwrap(), 100);
    }

    #[test]
    fn the_version_that_made_the_cluster_is_preferred_over_a_newer_one() {
        let root = tempfile::tempdir().unwrap();
        for version in ["15", "17"] {
            fake_installation(
                &root.path().join("usr/lib/postgresql").join(version).join("bin"),
                version,
            );
        }
        assert_eq!(found_in(root.path(), Some(15)).unwrap(), 15);
        assert_eq!(found_in(root.path(), Some(16)).unwrap(), 17);
    }

    #[test]
    fn a_program_on_the_path_comes_first_unless_it_is_too_old() {
        let root = tempfile::tempdir().unwrap();
        let (on_path, packaged) = (root.path().join("path"), root.path().join("usr/lib/postgresql/17/bin"));
        fake_installation(&packaged, "17.1");
        fake_installation(&on_path, "16.2");
        let search = || {
            choose(None, Places::new(Some(on_path.as_os_str()), root.path()), None)
                .unwrap()
                .version()
        };
        assert_eq!(search(), 16);
        fake_installation(&on_path, "13.2");
        assert_eq!(search(), 17);
    }

    #[test]
    fn only_an_old_version_is_an_error_that_says_which() {
        let root = tempfile::tempdir().unwrap();
        fake_installation(&root.path().join("usr/lib/postgresql/13/bin"), "13.2");
        let error = found_in(root.path(), None).unwrap_err();
        assert!(matches!(error, Error::TooOld { found: 13, .. }), "{error}");
    }

    #[test]
    fn a_configured_directory_is_the_only_one_tried() {
        let root = tempfile::tempdir().unwrap();
        fake_installation(&root.path().join("usr/lib/postgresql/17/bin"), "17.1");
        fake_installation(&root.path().join("mine"), "16.1");
        let choose = |name: &str| choose(Some(&root.path().join(name)), Places::new(None, root.path()), None);
        assert_eq!(choose("mine").unwrap().version(), 16);
        assert!(matches!(choose("nothing"), Err(Error::NoPrograms { .. })));
    }
}
