//! Servers that serve one model each: deploying, watching, activating and ending them.
//!
//! - `rules` decides, without effects: the state machine is one table, and what to do next is one function.
//! - `reconcile` does: it takes instances by fenced leases, asks providers outside of transactions, and records what came of it.
//!   Whoever else wants something changes the row and asks for a visit.
//! - An order to a provider is written down before it is made. One of unknown outcome is looked for, never repeated blindly.
//! - Costs run from the provider's billable start to the confirmed end.
//!
//! Tables: `instances`, `instance_counts`, `instance_state_history`, `cloud_operations`, `instance_cost_segments`. Reads: models and the catalogue.
//! Uses: audit, organizations, worker_tokens.

mod clouds;
pub mod costs;
mod http;
mod living;
mod reconcile;
mod routing;
mod rules;
mod store;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};
use clouds::Clouds;

pub use clouds::{mock_directory, named_by};
pub use living::{LivingInstance, living};
pub use routing::{RoutingInstance, instances as routing_instances};
pub use rules::{STEPS, Status, Timing, WorkerPhase, reasons};
pub use store::instances::InstanceRow;
pub use store::reports;
pub use usecases::{Deployment, activate, deploy, get, list};

#[derive(Clone)]
pub struct Instances {
    core: Core,
    /// The providers that this process can ask.
    clouds: Clouds,
}

impl Instances {
    pub fn new(core: Core) -> Self {
        reconcile::report(&core);
        Self {
            core,
            clouds: Clouds::default(),
        }
    }

    pub fn module(&self) -> Module {
        let tables = &[
            "instances",
            "instance_counts",
            "instance_state_history",
            "cloud_operations",
            "instance_cost_segments",
        ];
        let [visits, intents] = reconcile::tasks(self);
        Module::new("instances", Surface::Session, tables)
            .routes(http::routes().with_state(self.clone()))
            .task(visits)
            .task(intents)
    }

    /// A provider that this process can ask, by its code in the catalogue.
    pub fn cloud(&self, code: &str) -> Option<std::sync::Arc<dyn providers::Provider>> {
        self.clouds.get(code)
    }

    /// The Mock cloud itself, for looking at what it was asked.
    pub fn mock_cloud(&self) -> Option<&providers::mock::MockCloud> {
        self.clouds.mock()
    }

    /// Stops the machines on this computer, which run again at the next start.
    pub async fn suspend(&self) {
        self.clouds.suspend().await;
    }
}
