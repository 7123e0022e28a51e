//! (being written)

pub mod in_use;
pub mod routing;
