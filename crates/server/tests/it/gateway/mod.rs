//! `/v1` from the client's side, and what becomes of it in the books.

mod admission;
mod answers;
mod ends;
mod fake;
mod journal;
mod metering;
mod panics;
mod readiness;
mod rotation;
mod world;
