//! Which models there are: the public catalogue of the platform, and an organization's own.
//!
//! - A public model (scope `platform`) is read by everybody and changed by platform admins in Personal. Whoever may change models,
//!   but not this one, is told 403 `read_only_model`: hiding what the list shows would help nobody. A model of another
//!   organization is not found.
//! - A model serves only while technical and economic activation are both set. Changing what runs clears the first, changing the
//!   price clears the second.
//! - Prices are versions that are never altered: usage names the one it was charged by. They have at most six decimal places per
//!   million tokens, so that every charge is exact in twelve.
//! - Deleting hides: instances and usage of the past keep pointing here.
//!
//! Tables: `models`, `model_prices`. Uses: audit, catalog, instances (is a model in use).

mod http;
mod routing;
mod rules;
mod seed;
mod store;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};
pub use routing::{RoutingModel, models as routing_models};
pub use rules::{Engine, ModelKind, ModelRow};
pub use seed::seed;
pub use store::names;
pub use usecases::list;

#[derive(Clone)]
pub struct Models {
    core: Core,
}

impl Models {
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    pub fn module(&self) -> Module {
        Module::new("models", Surface::Session, &["models", "model_prices"])
            .routes(http::routes().with_state(self.clone()))
    }
}
