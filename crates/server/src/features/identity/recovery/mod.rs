//! New passwords and new addresses, proved by a link in a mail.
//!
//! - Asking for a new password does the same for every address: one row, looked into by [`jobs`] afterwards.
//! - A link works once, within the hour; unknown, used and expired ones look the same. Its token is stored as a hash.
//! - A new password ends every session, and every other link that was mailed to the person.
//!
//! Tables: `password_reset_requests`, `password_reset_tokens`, `email_changes`.

pub mod http;
pub mod jobs;
mod store;
mod usecases;

pub use store::remove_expired;
pub use usecases::{Newcomer, welcome};

use chrono::Duration;

/// How long a link works.
const LINK_LIFETIME: Duration = Duration::hours(1);
/// How long somebody whose account was made by others may wait with choosing a password.
const WELCOME_LIFETIME: Duration = Duration::days(7);
