//! A PostgreSQL for one command, with the schema of `migrations/` in it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::failure::{Failure, Outcome, fail};
use crate::program::Program;
use crate::workspace;

/// Roles that the migrations grant rights to; the product makes them before it migrates.
const ROLES: &str = "CREATE ROLE inventiv_app NOLOGIN; CREATE ROLE inventiv_system NOLOGIN;";

/// Gone when dropped.
pub struct DisposableDatabase {
    server: Child,
    pub url: String,
}

impl DisposableDatabase {
    pub fn migrated() -> Outcome<Self> {
        let (server, url, programs) = start()?;
        let database = Self { server, url };
        database.psql(&programs, &["-c", ROLES])?;
        for file in sql_files("migrations")? {
            // One transaction per file, as the product does it.
            database.psql(&programs, &["-1", "-f", &file.to_string_lossy()])?;
        }
        database.add_functions(&programs)?;
        Ok(database)
    }

    /// As `plumbing/db/functions.rs` does it: after the migrations, all in one transaction.
    fn add_functions(&self, programs: &Path) -> Outcome {
        let mut arguments = vec![
            "-1".to_owned(),
            "-c".to_owned(),
            "SET check_function_bodies = off".to_owned(),
        ];
        for schema in ["auth", "tenancy"] {
            for file in sql_files(&format!("migrations/functions/{schema}"))? {
                arguments.extend(["-f".to_owned(), file.to_string_lossy().into_owned()]);
            }
        }
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        self.psql(programs, &arguments)
    }

    fn psql(&self, programs: &Path, arguments: &[&str]) -> Outcome {
        let psql = programs.join("psql");
        if !psql.is_file() {
            fail!(
                "{} has no psql: install PostgreSQL's client programs too",
                programs.display()
            );
        }
        Program::new(psql)
            .args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-d"])
            .args([&self.url])
            .args(arguments)
            .env("PGOPTIONS", "-c client_min_messages=error")
            .run()
    }
}

impl Drop for DisposableDatabase {
    fn drop(&mut self) {
        // The end of its standard input tells the server to stop and clean up.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// The example of `embedded-postgres` that serves until its standard input ends. It prints the URL, then the programs' directory.
fn start() -> Outcome<(Child, String, PathBuf)> {
    let example = [
        "run",
        "--quiet",
        "--package",
        "embedded-postgres",
        "--example",
        "disposable",
    ];
    let mut server = Program::cargo()
        .args(example)
        .into_command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::new(format!("cargo could not be started: {error}")))?;
    let mut lines = server
        .stdout
        .take()
        .into_iter()
        .flat_map(|output| BufReader::new(output).lines());
    match (lines.next(), lines.next()) {
        (Some(Ok(url)), Some(Ok(programs))) => Ok((server, url, programs.into())),
        _ => {
            let _ = server.wait();
            Err(Failure::new("the disposable PostgreSQL did not start (see above)"))
        }
    }
}

/// In the order of their names.
fn sql_files(directory: &str) -> Outcome<Vec<PathBuf>> {
    let directory = workspace::path(directory);
    let entries = fs::read_dir(&directory).map_err(Failure::io("listing", &directory))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    Ok(files)
}
