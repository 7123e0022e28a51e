//! Where HTTP meets the program: extractors, paging, request ids, checks that hold for every route.

pub mod body;
pub mod caller;
pub mod connections;
pub mod context;
pub mod cookies;
pub mod idempotency;
pub mod middleware;
pub mod origin;
pub mod paging;
pub mod params;
pub mod refusals;
pub mod request_id;
pub mod unread;
pub mod versions;
