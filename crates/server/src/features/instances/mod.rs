//! Servers that serve one model each: deploying, watching, activating and ending them.
//!
//! - `rules` decides, without effects: the state machine is one table, and what to do next is one function.
//! - `reconcile` does: it takes instances by fenced leases, asks providers outside of transactions, and records what came of it.
//!   Whoever else wants something changes the row and asks for a visit.
//! - An order to a provider is written down before it is made. One of unknown outcome is looked for, never repeated blindly.
//! - Costs run from the provider's billable start to the confirmed end.
//!
//! Tables: `instances`, `instance_state_history`, `cloud_operations`, `instance_cost_segments`. Reads: models and the catalogue.
//! Uses: audit, organizations, workers (tokens only).

pub mod costs;
pub mod http;
pub mod in_use;
pub mod living;
pub mod reconcile;
pub mod routing;
pub mod rules;
pub mod store;
pub mod usecases;
