//! Drives the real program: as a worker against a small server, and as the mock engine.

#![expect(
    clippy::disallowed_methods,
    reason = "tests are clients and servers beside the worker"
)]
#![allow(clippy::unwrap_used)]

mod client;
mod control_plane;
mod lifecycle;
mod mock_engine;
mod process;
mod serving;
mod supervision;
