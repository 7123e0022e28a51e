//! SQL of people, their sessions and what slows guessing down.

mod accounts;
mod sessions;
mod throttle;

pub use self::accounts::*;
pub use self::sessions::*;
pub use self::throttle::*;
