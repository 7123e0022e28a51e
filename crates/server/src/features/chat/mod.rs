//! The console's chat: which models it can offer. The conversation itself goes through the gateway, with the session.
//!
//! Tables: none. Uses: gateway.

pub mod http;
