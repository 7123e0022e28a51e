//! Slows guessing down, per account and per network. The account's limit counts failures from each network apart, so that
//! somebody else's guesses can't lock a person out: there is no number of them that closes an account. What many networks
//! together can try is bounded by what checking a password costs (see `passwords`).

mod store;

pub use store::remove_before;

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::plumbing::db::{Db, WriteTx};
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
        let (login, network) = (digest(login), network(ip));
        Self {
            account: format!("login:{login}@{network}"),
            address: format!("address:{network}"),
        }
    }
}

/// # Errors
/// 429 with the seconds to wait.
pub async fn check(db: &Db, subjects: &Subjects, now: DateTime<Utc>) -> Result<()> {
    let mut auth = db.auth().await?;
    for (subject, limit) in [(&subjects.account, PER_ACCOUNT), (&subjects.address, PER_ADDRESS)] {
        if let Some((failures, since)) = store::login_failures(auth.conn(), subject, now, WINDOW).await?
            && failures >= limit
        {
            let wait = (since + WINDOW - now).num_seconds().max(1);
            return Err(Error::too_many_attempts(wait as u64));
        }
    }
    Ok(())
}

pub async fn record_failure(db: &Db, subjects: &Subjects, now: DateTime<Utc>) -> Result<()> {
    let mut auth = db.auth().await?;
    store::record_login_failure(auth.conn(), &subjects.account, now, WINDOW).await?;
    store::record_login_failure(auth.conn(), &subjects.address, now, WINDOW).await
}

/// The right password clears the account's count; the address keeps its own.
pub async fn clear(db: &Db, subjects: &Subjects) -> Result<()> {
    store::clear_login_failures(db.auth().await?.conn(), &subjects.account).await
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
        Self::hourly(format!("reset-by:{}", network(ip)), 60)
    }

    pub fn email_changes_of(user: Uuid) -> Self {
        Self::hourly(format!("email-change:{user}"), 5)
    }

    /// Tokens that nobody was given: they can't be guessed, and trying costs us look-ups.
    pub fn unknown_links_from(ip: Option<IpAddr>) -> Self {
        Self::hourly(format!("links:{}", network(ip)), 100)
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
    let mut auth = db.auth().await?;
    match store::login_failures(auth.conn(), &quota.subject, now, quota.window).await? {
        Some((count, since)) if count >= quota.most => {
            let wait = (since + quota.window - now).num_seconds().max(1);
            Err(Error::too_many_attempts(wait as u64))
        }
        _ => Ok(()),
    }
}

/// Counts before looking, so that attempts at the same time can't be more than the quota together.
///
/// # Errors
/// 429 with the seconds to wait, when the quota is used up.
pub async fn spend(db: &Db, quota: &Quota, now: DateTime<Utc>) -> Result<()> {
    spend_on(db.auth().await?.conn(), quota, now).await
}

/// As [`spend`], for what is an act of an open transaction: it counts if the transaction commits.
pub async fn spend_in(tx: &mut WriteTx, quota: &Quota) -> Result<()> {
    let now = tx.operation().request.now;
    spend_on(tx.conn(), quota, now).await
}

async fn spend_on(conn: &mut PgConnection, quota: &Quota, now: DateTime<Utc>) -> Result<()> {
    let (count, since) = store::count_attempt(conn, &quota.subject, now, quota.window).await?;
    if count > quota.most {
        let wait = (since + quota.window - now).num_seconds().max(1);
        return Err(Error::too_many_attempts(wait as u64));
    }
    Ok(())
}

/// A good answer forgets what was tried before it.
pub async fn clear_quota(db: &Db, quota: &Quota) -> Result<()> {
    store::clear_login_failures(db.auth().await?.conn(), &quota.subject).await
}

pub async fn count(db: &Db, quota: &Quota, now: DateTime<Utc>) -> Result<()> {
    store::record_login_failure(db.auth().await?.conn(), &quota.subject, now, quota.window).await
}

/// Where somebody comes from: an IPv4 address, or the /64 of an IPv6 address, in which one subscriber picks addresses at will.
pub fn network(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Addresses of people are not kept in the table of counters.
fn digest(text: &str) -> String {
    let hash = sha256(text.trim().to_lowercase().as_bytes());
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_subscriber_count_together() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
