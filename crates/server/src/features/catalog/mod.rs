//! Where servers come from and what they cost: providers, regions, zones, instance types.
//!
//! - The catalogue is global: everybody who may read settings reads all of it, only platform admins (in Personal) change it,
//!   through the platform's transaction and into the platform's audit chain.
//! - Nothing is ever removed, only switched off: instances point here.
//! - Every price a type ever had is kept; an instance carries the price of its own deployment.
//!
//! Tables: `providers`, `regions`, `zones`, `instance_types`, `instance_type_zones`, `instance_type_prices`. Uses: audit.

pub mod http;
pub mod rules;
pub mod seed;
pub mod store;
pub mod usecases;
