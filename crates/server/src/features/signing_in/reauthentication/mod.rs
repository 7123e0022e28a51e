//! Proving once more, inside of a session, that one is who signed in. What can hurt (rights, keys, factors, ownership) asks for a
//! proof no older than [`crate::operation::REAUTHENTICATE_AFTER`]; handlers say so by taking `Recent` where others take `Allowed`.
//!
//! Table: `user_sessions.authenticated_at`.

pub mod http;
mod usecases;
