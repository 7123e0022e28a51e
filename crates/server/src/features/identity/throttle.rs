//! Slows guessing down, per account and per address. The account's limit counts failures from each address apart, so that
//! somebody else's guesses can't lock a person out.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};

use uuid::Uuid;

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
        let (login, address) = (digest(login), address(ip));
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

/// How often something may happen.
pub struct Quota {
    pub subject: String,
    pub most: i32,
    pub window: Duration,
}

impl Quota {
    /// Mails with a link for a new password, to one address.
    pub fn reset_mails_to(email: &str) -> Self {
        Self::hourly(format!("reset-to:{}", digest(email)), 5)
    }

    /// Mails with a link for a new password, asked for from one client.
    pub fn reset_mails_asked_by(ip: Option<IpAddr>) -> Self {
        Self::hourly(format!("reset-by:{}", address(ip)), 60)
    }

    pub fn email_changes_of(user: Uuid) -> Self {
        Self::hourly(format!("email-change:{user}"), 5)
    }

    /// Tokens that nobody was given: they can't be guessed, and trying costs us look-ups.
    pub fn unknown_links_from(ip: Option<IpAddr>) -> Self {
        Self::hourly(format!("links:{}", address(ip)), 100)
    }

    pub fn hourly(subject: String, most: i32) -> Self {
        Self {
            subject,
            most,
            window: Duration::hours(1),
        }
    }
}

/// # Errors
/// 429 with the seconds to wait, when the quota is used up.
pub async fn check_quota(db: &Db, quota: &Quota, now: DateTime<Utc>) -> Result<()> {
    match store::login_failures(db, &quota.subject, now, quota.window).await? {
        Some((count, since)) if count >= quota.most => {
            let wait = (since + quota.window - now).num_seconds().max(1);
            Err(Error::too_many_attempts(wait as u64))
        }
        _ => Ok(()),
    }
}

pub async fn count(db: &Db, quota: &Quota, now: DateTime<Utc>) -> Result<()> {
    store::record_login_failure(db, &quota.subject, now, quota.window).await
}

fn address(ip: Option<IpAddr>) -> String {
    ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}

/// Addresses of people are not kept in the table of counters.
fn digest(text: &str) -> String {
    let hash = sha256(text.trim().to_lowercase().as_bytes());
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
