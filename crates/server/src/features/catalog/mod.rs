//! Where servers come from and what they cost: providers, regions, zones, instance types.
//!
//! - The catalogue is global: everybody who may read settings reads all of it, only platform admins (in Personal) change it,
//!   through the platform's transaction and into the platform's audit chain.
//! - Nothing is ever removed, only switched off: instances point here.
//! - Every price a type ever had is kept; an instance carries the price of its own deployment.
//!
//! Tables: `providers`, `regions`, `zones`, `instance_types`, `instance_type_zones`, `instance_type_prices`. Uses: audit.

mod http;
mod rules;
mod seed;
mod store;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};
pub use rules::total_vram_gb;
pub use seed::seed;
pub use store::{Placement, instance_type, placement};
pub use usecases::instance_types;

#[derive(Clone)]
pub struct Catalog {
    core: Core,
}

impl Catalog {
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    pub fn module(&self) -> Module {
        Module::new(
            "catalog",
            Surface::Session,
            &[
                "providers",
                "regions",
                "zones",
                "instance_types",
                "instance_type_zones",
                "instance_type_prices",
            ],
        )
        .routes(http::routes().with_state(self.clone()))
    }
}
