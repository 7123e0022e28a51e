//! The tests that keep tenants apart, below the API: the schema itself, bare SQL, borrowed connections, cached plans, owners.

mod bare_sql;
mod catalog_gate;
pub mod classes;
mod connections;
mod functions;
mod owners;
mod secret_columns;
