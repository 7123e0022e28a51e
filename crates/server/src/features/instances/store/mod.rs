//! SQL of `instances`, `instance_counts`, `instance_state_history`, `cloud_operations` and `instance_cost_segments`.

pub mod costs;
pub mod instances;
pub mod lease;
pub mod offers;
pub mod operations;
pub mod reports;
pub mod search;
pub mod transitions;
pub mod visits;

use super::rules::{OperationState, Status, WorkerPhase};
use crate::plumbing::db::read_words;

read_words!(Status, WorkerPhase, OperationState);
