//! The worker: an agent on a GPU machine that runs one inference engine for the server.
//!
//! ```text
//! registration ──▶ assignment ──▶ supervisor ──▶ engine process (loopback)
//!      ▲                              │ phase, numbers        ▲
//!      │                              ▼                       │ bytes, both ways
//!   server ◀── heartbeats ◀──── WorkerState ────────▶ serving (Bearer serving token) ◀── gateway
//! ```
//!
//! - [`run`]: the life of a worker from registration to exit.
//! - [`control_plane`], [`heartbeat`]: what is said to the server.
//! - [`engine`], [`supervisor`]: drivers of the engines and the loop that keeps one alive.
//! - [`serving`], [`proxy`], [`ledger`]: what the gateway calls.
//! - [`mock_engine`]: an engine without a model, for demonstrations and tests.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod backoff;
pub mod cli;
pub mod control_plane;
pub mod engine;
pub mod gpus;
pub mod heartbeat;
pub mod ledger;
pub mod logging;
pub mod loopback;
pub mod mock_engine;
mod platform;
mod private_file;
pub mod proxy;
pub mod run;
pub mod secret;
pub mod serving;
pub mod state;
pub mod supervisor;
