//! A page costs what is on it, however much there is: PostgreSQL counts the rows that the real requests read.

mod filling;
mod lists;
mod reads;

pub use filling::INSTANCES;
