//! Rules about the source text.

mod proofs;
mod sources;
mod system_reasons;
mod write_transactions;
