//! People, how they prove who they are, and the sessions they then act in.
//!
//! - A session is a row; its token (a JWT) is only a pointer to it that expires within minutes and renews itself silently. The row
//!   and the membership decide on every request.
//! - A session is in one workspace. Switching re-issues the token; the one before answers 409 from then on.
//! - Signing in does not tell whether an account exists: same answer, same work, throttled per account and address.
//!
//! Tables: `users`, `user_sessions`, `login_throttles`, and those of [`recovery`] and [`second_factors`]. Uses: audit.

pub mod accounts;
pub mod authentication;
pub mod bound_sessions;
pub mod confirmation;
pub mod http;
pub(crate) mod notices;
pub mod operator;
mod password_rules;
mod passwords;
pub mod reauthentication;
pub mod recovery;
pub mod rules;
pub mod second_factors;
pub mod store;
pub(crate) mod throttle;
pub mod tokens;
pub mod usecases;

pub use authentication::{Allowed, CurrentOperation, authenticate};
pub use passwords::Passwords;
