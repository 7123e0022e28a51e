//! Slows guessing down, per account and per address. The account's limit counts failures from each address apart, so that
//! somebody else's guesses can't lock a person out.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};

use super::store;
use crate::error::{Error, Result};
use crate::plumbing::db::Db;
use crate::secrets::sha256;

const WINDOW: Duration = Duration::minutes(15);
/// Failures of one account from one address.
const PER_ACCOUNT: i32 = 10;
/// Failures of all accounts from one address.
const PER_ADDRESS: i32 = 100;

/// The two things a failure counts against.
pub struct Subjects {
    account: String,
    address: String,
}

impl Subjects {
    pub fn new(login: &str, ip: Option<IpAddr>) -> Self {
        let address = ip.map(|ip| ip.to_string()).unwrap_or_else(|| "unknown".to_owned());
        let login = sha256(login.trim().to_lowercase().as_bytes());
        let login: String = login[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            account: format!("login:{login}@{address}"),
            address: format!("address:{address}"),
        }
    }
}

/// # Errors
/// 429 with the seconds to wait.
pub async fn check(db: &Db, subjects: &Subjects, now: DateTime<Utc>) -> Result<()> {
    for (subject, limit) in [(&subjects.account, PER_ACCOUNT), (&subjects.address, PER_ADDRESS)] {
        if let Some((failures, since)) = store::login_failures(db, subject, now, WINDOW).await?
            && failures >= limit
        {
            let wait = (since + WINDOW - now).num_seconds().max(1);
            return Err(Error::too_many_attempts(wait as u64));
        }
    }
    Ok(())
}

pub async fn record_failure(db: &Db, subjects: &Subjects, now: DateTime<Utc>) -> Result<()> {
    store::record_login_failure(db, &subjects.account, now, WINDOW).await?;
    store::record_login_failure(db, &subjects.address, now, WINDOW).await
}

/// The right password clears the account's count; the address keeps its own.
pub async fn clear(db: &Db, subjects: &Subjects) -> Result<()> {
    store::clear_login_failures(db, &subjects.account).await
}
