//! People's accounts: what they are called, reached by and prove themselves with.
//!
//! - An account is never removed as a row: audit, usage and money stand on it. A closed one says nothing of whose it was.
//! - A password is kept as an Argon2id hash, checked against words that it must not be made of, and compared at the same cost
//!   whether there is such an account or not.
//!
//! Tables: `users`. Uses: audit.

mod accounts;
mod confirmation;
pub mod notices;
mod password_rules;
mod passwords;
mod rules;
mod store;
mod usecases;

use crate::core::Core;
use crate::plumbing::module::{Module, Surface};
pub use accounts::{
    AccountRow, PendingAccount, anonymise, another_platform_admin, count, email_exists, find, insert_pending, list,
    lock, take_turns, update,
};
pub use confirmation::confirm_password;
pub use password_rules::{LONGEST_PASSWORD, SHORTEST_PASSWORD};
pub use passwords::{Passwords, Verdict, normalised};
pub use rules::{check_email, check_names, check_password, check_username, normalise};
pub use store::{
    LoginAccount, Planted, Profile, account_by_email, account_by_login, account_id, any_account, enabled_account,
    grant_platform_admin, has_password, hold_account, mark_seen, organization_names, own_words, password_hash,
    profile as own_profile, prove_mailbox, set_email, set_password_hash, set_password_of,
};
pub use usecases::{
    AccountRequest, InvitedAccount, ProfileChange, create_account, create_invited_account, profile, update_profile,
};

#[derive(Clone)]
pub struct Users {
    core: Core,
    pub passwords: Passwords,
}

impl Users {
    pub fn new(core: Core, passwords: Passwords) -> Self {
        Self { core, passwords }
    }

    pub fn module(&self) -> Module {
        Module::new("users", Surface::Session, &["users"])
    }
}
