//! SQL of second factors and of what waits for one.

mod factors;
mod pending;

pub use self::factors::*;
pub use self::pending::*;
