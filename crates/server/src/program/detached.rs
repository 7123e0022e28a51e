//! A program that stands on nothing: for describing its operations, where neither a database nor a data directory is at hand.

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::{Parts, Program};
use crate::clock::Clock;
use crate::features::users::Passwords;
use crate::plumbing::config::Config;
use crate::plumbing::console;
use crate::plumbing::db::Db;
use crate::secrets::MasterSecret;

/// # Errors
/// The directory for temporary files can't be used.
pub fn program() -> anyhow::Result<Program> {
    let mut config = Config::from_flags(&[])?;
    // The journal opens a file, although nothing will be written to it: the directory is removed below.
    let directory = std::env::temp_dir().join(format!("inventiv-{}", crate::ids::new_id()));
    config.data_dir = Some(directory.clone());
    // A pool can't be made outside of a runtime, even if it never connects.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let program = {
        let _within = runtime.enter();
        Program::new(Parts {
            config,
            console: console::none,
            clock: Clock::default(),
            db: Db::detached(),
            passwords: Passwords::new(1)?,
            master: MasterSecret::generate(),
            shutdown: CancellationToken::new(),
        })?
    };
    runtime.shutdown_background();
    std::fs::remove_dir_all(&directory).context("removing a temporary directory")?;
    Ok(program)
}
