//! Programs from the system's package manager.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Outcome, fail};
use crate::program::{self, Program};

/// The oldest PostgreSQL that the schema works with.
const OLDEST_POSTGRESQL: u32 = 15;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// `initdb`, `postgres` and `psql`; the program runs a private server with them.
    PostgreSql,
    /// For the browser journeys.
    Chromium,
    /// So that screenshots have letters instead of boxes.
    Fonts,
    /// `python3` that can make virtual environments, for the Python SDK's tests.
    PythonVenv,
}

impl Need {
    fn is_present(self) -> bool {
        match self {
            Self::PostgreSql => has_postgresql(),
            Self::Chromium => {
                CHROMIUM_NAMES.iter().any(|name| program::find(name).is_some()) || Path::new(CHROME_ON_MAC).exists()
            }
            Self::Fonts => cfg!(target_os = "macos") || Path::new("/usr/share/fonts/truetype/liberation").exists(),
            Self::PythonVenv => Program::new("python3")
                .args(["-c", "import venv, ensurepip"])
                .succeeds(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::Chromium => "Chromium",
            Self::Fonts => "fonts",
            Self::PythonVenv => "Python's venv",
        }
    }

    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::PostgreSql => &["postgresql"],
            Self::Chromium => &["chromium"],
            Self::Fonts => &["fonts-liberation"],
            Self::PythonVenv => &["python3", "python3-venv"],
        }
    }

    fn homebrew(self) -> &'static str {
        match self {
            Self::PostgreSql => "brew install postgresql@17",
            Self::Chromium => "brew install --cask chromium",
            Self::Fonts => "brew install --cask font-liberation",
            Self::PythonVenv => "brew install python",
        }
    }
}

/// What the journeys look for, too (`e2e/playwright.config.ts`).
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const CHROME_ON_MAC: &str = "/Applications/Chromium.app";

/// Makes sure that all of `needs` are there.
pub fn system_packages(needs: &[Need]) -> Outcome {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !need.is_present()).collect();
    if missing.is_empty() {
        println!("      nothing is missing: {}", names(needs));
        return Ok(());
    }
    println!("      missing: {}", names(&missing));
    if program::find("apt-get").is_none() {
        let commands: Vec<&str> = missing.iter().map(|need| need.homebrew()).collect();
        fail!("install {} first, on macOS: {}", names(&missing), commands.join(" && "));
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.debian_packages())
        .copied()
        .collect();
    apt_install(&packages)?;
    match missing.into_iter().find(|need| !need.is_present()) {
        None => Ok(()),
        Some(Need::PostgreSql) => {
            fail!("this system's PostgreSQL is older than {OLDEST_POSTGRESQL}; install a newer one")
        }
        Some(need) => fail!("{} is still missing after its package was installed", need.name()),
    }
}

fn names(needs: &[Need]) -> String {
    needs.iter().map(|need| need.name()).collect::<Vec<_>>().join(", ")
}

fn apt_install(packages: &[&str]) -> Outcome {
    let Some(apt) = apt_with_rights() else {
        fail!(
            "please run: sudo apt-get install --no-install-recommends {}",
            packages.join(" ")
        );
    };
    apt(&["update", "-q"]).run()?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments).run()
}

/// apt-get as root or through a `sudo` that asks nothing.
fn apt_with_rights() -> Option<impl Fn(&[&str]) -> Program> {
    let is_root = Program::new("id")
        .args(["-u"])
        .output()
        .is_ok_and(|id| id.trim() == "0");
    if !is_root && !Program::new("sudo").args(["-n", "true"]).succeeds() {
        return None;
    }
    Some(move |arguments: &[&str]| {
        // Another installation (unattended upgrades on a new machine) is waited for, not failed on.
        let apt = [
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-o",
            "DPkg::Lock::Timeout=600",
        ];
        let program = if is_root {
            Program::new("env")
        } else {
            Program::new("sudo").args(["-n", "env"])
        };
        program.args(apt).args(arguments)
    })
}

/// Looks where `embedded-postgres` looks.
fn has_postgresql() -> bool {
    let configured = std::env::var_os("INVENTIV_POSTGRES_BIN_DIR").map(PathBuf::from);
    let on_path = program::find("initdb").and_then(|initdb| initdb.parent().map(Path::to_path_buf));
    let installed = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
        .into_iter()
        .flat_map(subdirectories);
    configured
        .into_iter()
        .chain(on_path)
        .chain(installed.map(|directory| directory.join("bin")))
        .any(|programs| version(&programs.join("initdb")).is_some_and(|version| version >= OLDEST_POSTGRESQL))
}

fn subdirectories(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect()
}

/// `initdb (PostgreSQL) 15.18 (Debian …)` is 15.
fn version(initdb: &Path) -> Option<u32> {
    if !initdb.is_file() {
        return None;
    }
    let text = Program::new(initdb).args(["--version"]).output().ok()?;
    major_version(&text)
}

fn major_version(text: &str) -> Option<u32> {
    let after = text.split_once("(PostgreSQL) ")?.1;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_initdb_says() {
        assert_eq!(
            major_version("initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_version("initdb (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("something else"), None);
    }
}
