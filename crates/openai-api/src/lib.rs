//! OpenAI-compatible bodies, typed only where the gateway acts and untouched everywhere else.
//!
//! Nothing here builds a tree of a body. One pass over the bytes finds the few members that matter; edits are
//! splices into the original bytes, so unknown fields, key order, number spelling and white space survive.
//!
//! * [`request`]: what a client sent, and the bytes to send to an engine instead;
//! * [`stream`]: the engine's event stream on its way back to the client ([`sse`] cuts it into events);
//! * [`response`]: the same for an answer that is not streamed;
//! * [`usage`], [`error`], [`models`]: the three shapes that are read or written in full.
//!
//! Synchronous, no I/O, no clock: every function is a decision about bytes.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod chunk;
pub mod error;
pub mod models;
pub mod request;
pub mod response;
pub mod scan;
mod splice;
pub mod sse;
pub mod stream;
pub mod usage;

pub use error::ErrorEnvelope;
pub use request::{BodyError, Edits, RequestBody};
pub use response::ResponseBody;
pub use stream::{Ending, StreamOptions, StreamRewriter, StreamState};
pub use usage::{Buckets, Count, Usage};
