//! How often something may happen: guesses, and what mails or makes accounts.
//!
//! Everything is counted before it is done. A guess that was right takes its count back; what is an act of a transaction counts with it. Passwords are counted per account and network: somebody else's guesses can't lock a
//! person out, and there is no number of them that closes an account. What many networks together can try is bounded by what checking
//! a password costs (see `passwords`).

mod limits;
mod store;

pub use limits::PasswordGuess;
pub use store::{Columns, remove_before};

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::plumbing::db::Db;
use crate::secrets::sha256;

/// How often something may happen in a while, and how much of it is wanted now.
#[derive(Debug, Clone)]
pub struct Quota {
    subject: String,
    amount: i32,
    most: i32,
    window: Duration,
}

impl Quota {
    pub fn hourly(subject: String, most: i32) -> Self {
        Self::of(subject, most, Duration::hours(1))
    }

    pub fn daily(subject: String, most: i32) -> Self {
        Self::of(subject, most, Duration::days(1))
    }

    fn of(subject: String, most: i32, window: Duration) -> Self {
        Self {
            subject,
            amount: 1,
            most,
            window,
        }
    }

    /// Several at once.
    pub fn times(self, amount: usize) -> Self {
        let amount = i32::try_from(amount).unwrap_or(i32::MAX);
        Self { amount, ..self }
    }
}

/// Counts against all of the quotas or, where one is used up, against none.
///
/// # Errors
/// 429 with the seconds to wait.
pub async fn spend(db: &Db, quotas: &[Quota], now: DateTime<Utc>) -> Result<()> {
    refuse(store::spend(db.auth().await?.conn(), quotas, now).await?)
}

/// As [`spend`], for what is an act of an open transaction: it counts if the transaction commits. Before anything else that others
/// may wait for, and once in a transaction.
pub async fn spend_in(conn: &mut PgConnection, quotas: &[Quota], now: DateTime<Utc>) -> Result<()> {
    refuse(store::spend(conn, quotas, now).await?)
}

/// As [`spend_in`], where nobody waits for an answer: false where one is used up.
pub async fn spend_if_left(conn: &mut PgConnection, quotas: &[Quota], now: DateTime<Utc>) -> Result<bool> {
    Ok(store::spend(conn, quotas, now).await?.is_none())
}

fn refuse(wait: Option<u64>) -> Result<()> {
    match wait {
        Some(seconds) => Err(Error::too_many_attempts(seconds)),
        None => Ok(()),
    }
}

/// Takes back what was counted for something that turned out well.
pub async fn refund(db: &Db, quotas: &[Quota]) -> Result<()> {
    store::refund(db.auth().await?.conn(), quotas).await
}

/// A good answer forgets what was tried before it.
pub async fn clear(db: &Db, quota: &Quota) -> Result<()> {
    store::clear(db.auth().await?.conn(), quota).await
}

/// The guess was right: its account begins again, also after counts that were never taken back because a program died meanwhile. What
/// goes wrong here is for the log: it makes no right password a wrong one.
pub async fn guessed_right(db: &Db, guess: &PasswordGuess) {
    let outcome = async {
        clear(db, guess.account()).await?;
        refund(db, std::slice::from_ref(guess.network())).await
    };
    if let Err(error) = outcome.await {
        tracing::warn!(%error, "what a right password had counted was not taken back");
    }
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

/// The /48 of an IPv6 address, which a provider gives to one customer, with 65,536 networks in it.
fn wider_network(ip: Option<IpAddr>) -> Option<String> {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, ..] = ip.segments();
            Some(format!("{a:x}:{b:x}:{c:x}::/48"))
        }
        _ => None,
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

    #[test]
    fn networks_of_one_customer_count_together_too() {
        let of = |text: &str| wider_network(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:77:1::1"), of("2001:db8:77:2::1"));
        assert_ne!(of("2001:db8:77:1::1"), of("2001:db8:78:1::1"));
        assert_eq!(of("::ffff:192.0.2.7"), None);
        let quotas = |ip: &str| Quota::reset_requests("a@b.co", Some(ip.parse().unwrap())).len();
        assert_eq!((quotas("192.0.2.7"), quotas("2001:db8::1")), (2, 3));
    }
}
