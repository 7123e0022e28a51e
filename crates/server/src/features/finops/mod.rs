//! What it costs: servers by the hour, tokens by the request.
//!
//! - Servers cost from the provider's billable start to the confirmed end; the cost of a window is an overlap, never a counter.
//! - Tokens cost what their usage event says. Every grouping of a window adds up to the same total.
//! - Nothing is rounded before it is shown; amounts have at most twelve decimal places.
//!
//! Tables: none. Uses: instances (costs), models (names), usage (reports).

pub mod http;
mod rules;
pub mod usecases;
