//! (being written)

pub mod reports;
