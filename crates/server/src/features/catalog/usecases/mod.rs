//! Reading the catalogue, and its administration by the platform.

mod administration;
mod instance_types;
mod places;
mod reading;

pub use self::instance_types::{create_instance_type, put_zones, update_instance_type};
pub use self::places::{create_place, update_place};
pub use self::reading::{Offered, instance_types, instance_types_in_zone, places, zones_of_instance_type};
