//! Every limit, with its number.

use std::net::IpAddr;

use chrono::Duration;
use uuid::Uuid;

use super::{Quota, digest, network};

/// What guesses at passwords count against.
pub struct PasswordGuess {
    account: Quota,
    network: Quota,
}

impl PasswordGuess {
    /// Whoever guesses at an account, by whichever of its names.
    pub fn of_account(account: Uuid, ip: Option<IpAddr>) -> Self {
        Self::at(&account.to_string(), ip)
    }

    /// Whoever has a session and is asked for the password, at whichever page. Apart from signing in: who found an open session
    /// can't keep its person from signing in elsewhere.
    pub fn in_session(account: Uuid, ip: Option<IpAddr>) -> Self {
        Self::at(&format!("session:{account}"), ip)
    }

    /// Nobody's name counts like somebody's: the limit tells nothing.
    pub fn of_unknown(login: &str, ip: Option<IpAddr>) -> Self {
        Self::at(&digest(login), ip)
    }

    fn at(account: &str, ip: Option<IpAddr>) -> Self {
        let (network, window) = (network(ip), Duration::minutes(15));
        Self {
            account: Quota::of(format!("password:{account}@{network}"), 10, window),
            network: Quota::of(format!("password-from:{network}"), 100, window),
        }
    }

    pub fn quotas(&self) -> [Quota; 2] {
        [self.account.clone(), self.network.clone()]
    }

    /// What a right password clears.
    pub fn account(&self) -> &Quota {
        &self.account
    }

    /// What a right password takes back.
    pub fn network(&self) -> &Quota {
        &self.network
    }
}

impl Quota {
    /// Mails with a link for a new password: to one address, asked for from one client, and in all, whoever asks.
    pub fn reset_mails(email: &str, ip: Option<IpAddr>) -> [Self; 3] {
        [
            Self::hourly(format!("reset-to:{}", digest(email)), 5),
            Self::hourly(format!("reset-by:{}", network(ip)), 60),
            Self::hourly("reset".to_owned(), 1000),
        ]
    }

    pub fn email_changes(user: Uuid, new_email: &str, ip: Option<IpAddr>) -> [Self; 3] {
        [
            Self::hourly(format!("email-change:{user}"), 5),
            Self::hourly(format!("email-change-from:{}", network(ip)), 30),
            Self::unasked_mails_to(new_email),
        ]
    }

    /// Mails to people who did not ask for them.
    pub fn unasked_mails_to(email: &str) -> Self {
        Self::daily(format!("mails-to:{}", digest(email)), 20)
    }

    /// People whom somebody brings into an organization: by invitations, and by accounts made for them.
    pub fn people_brought_in(by: Uuid, into: Uuid, ip: Option<IpAddr>, emails: &[String]) -> Vec<Self> {
        let count = emails.len();
        let mut quotas = vec![
            Self::daily(format!("people-by:{by}"), 300).times(count),
            Self::daily(format!("people-from:{}", network(ip)), 500).times(count),
            Self::daily(format!("people-into:{into}"), 300).times(count),
        ];
        quotas.extend(emails.iter().map(|email| Self::unasked_mails_to(email)));
        quotas
    }

    /// Accounts that a platform admin makes: a whole company on its first day.
    pub fn accounts_made(by: Uuid, email: &str) -> Vec<Self> {
        vec![
            Self::daily(format!("accounts-by:{by}"), 5000),
            Self::unasked_mails_to(email),
        ]
    }

    pub fn invitation_sent_again(invitation: Uuid, by: Uuid, email: &str) -> [Self; 3] {
        [
            Self::hourly(format!("invitation:{invitation}"), 5),
            Self::daily(format!("people-by:{by}"), 300),
            Self::unasked_mails_to(email),
        ]
    }

    /// Organizations that somebody founds; a platform admin does it for customers.
    pub fn organizations_founded(by: Uuid, platform_admin: bool, ip: Option<IpAddr>) -> Vec<Self> {
        match platform_admin {
            true => vec![Self::daily(format!("organizations-by-admin:{by}"), 1000)],
            false => vec![
                Self::daily(format!("organizations-by:{by}"), 50),
                Self::daily(format!("organizations-from:{}", network(ip)), 200),
            ],
        }
    }

    /// Accounts that come into being by invitations, from one client.
    pub fn accounts_accepted(ip: Option<IpAddr>) -> Self {
        Self::daily(format!("accounts-from:{}", network(ip)), 500)
    }

    /// Tokens that nobody was given: they can't be guessed, and trying costs us look-ups.
    pub fn unknown_links_from(ip: Option<IpAddr>) -> Self {
        Self::hourly(format!("links:{}", network(ip)), 100)
    }
}
