//! Rules about the source text.

mod addresses;
mod codes;
mod floors;
mod proofs;
mod sources;
mod system_reasons;
mod tables;
mod tasks;
mod test_files;
mod write_transactions;
