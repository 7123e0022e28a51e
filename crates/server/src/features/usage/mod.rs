//! What was used, exactly once.
//!
//! - The gateway settles a request by appending one event to a journal on its own disk, before the caller gets the last bytes.
//! - A writer takes events from the journal to the table in batches. The table knows a request by id and start, so that writing an
//!   event again changes nothing; one that comes back with another content is an alarm, never an overwrite.
//! - An event says what it was charged and by which price version: anyone can recompute it.
//!
//! Tables: `inference_usage`. Uses: nothing.

pub mod charge;
pub mod event;
mod frame;
pub mod journal;
pub mod partitions;
pub mod reports;
mod segments;
pub mod store;
pub mod writer;

pub use charge::Price;
pub use event::{Outcome, UsageEvent};
pub use journal::Journal;
