//! How long a session and its tokens last.

use chrono::{DateTime, Utc};

use super::tokens::{IDLE_LIFETIME, TOKEN_LIFETIME};

/// Nobody used the session for so long that it is over.
pub fn is_idle(last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last_used_at > IDLE_LIFETIME
}

/// From half of its life on a token is replaced by a new one.
pub fn is_due_for_renewal(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - issued_at >= TOKEN_LIFETIME / 2
}
