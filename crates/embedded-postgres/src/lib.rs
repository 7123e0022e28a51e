//! A private PostgreSQL server that lives and dies with the program that started it.
//!
//! [`Installation::find`] locates the programs of PostgreSQL 15 or newer, [`Cluster::start`] makes (once) and starts
//! the server, [`Cluster::url`] is what a client connects to, [`Cluster::stop`] or dropping ends it. Everything
//! blocks; asynchronous callers use a blocking thread.
//!
//! What lies in a data directory, and who owns it when the program runs as root (otherwise all belong to the caller):
//!
//! | entry            | owner, mode           | content                                                   |
//! |------------------|-----------------------|-----------------------------------------------------------|
//! | (itself)         | root, 0711            | also the application's own files, each with its own mode  |
//! | `owner.lock`     | root, 0600            | locked while a [`Cluster`] lives; the text is its pid     |
//! | `postgres/`      | the account, 0700     | the cluster                                               |
//! | `postgres.new-…` | the account, 0700     | a cluster being made; a leftover is thrown away           |
//! | `socket/`        | the account, 0700     | the Unix socket, unless its path is too long for one      |
//! | `socket-dir`     | root, 0600            | where the socket is instead                               |
//! | `postgres.log`   | root, 0600            | what the server says; `.1` is the one before              |
//!
//! Invariants:
//!
//! * **One owner.** An exclusive lock on `owner.lock` is taken before anything else is touched and held until the
//!   server is gone. The kernel releases it when the owner dies, however it dies.
//! * **No half cluster.** `initdb` works in `postgres.new-<pid>/`; only a complete result is renamed to `postgres/`.
//! * **No orphan.** On Linux the kernel tells the server to stop when the owner dies. Elsewhere, or while that stop is
//!   still under way, the next owner waits for it, ends it, and only then starts its own.
//! * **A pid file is not believed.** A process is signalled only if it is a PostgreSQL server working in this very
//!   cluster; a recycled pid is left alone.
//! * **Never root, never the network.** As root the server runs as `postgres` (else `nobody`, else the present owner of
//!   the cluster); it listens on a Unix socket only.
//! * **The file system is the password.** Connections are trusted, and the socket is in a directory of mode 0700. Only
//!   the server's account and root can reach it, and both can read the data files anyway, so a password would protect
//!   nothing further while being one more secret to keep.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod account;
mod cluster;
mod data_dir;
mod disposable;
mod error;
mod initialise;
mod installation;
mod leftovers;
mod log_file;
mod pid_file;
mod process;
mod socket;

pub use cluster::{Cluster, Durability, Settings};
pub use data_dir::default_data_dir;
pub use error::Error;
pub use installation::{Installation, OLDEST_SUPPORTED};
