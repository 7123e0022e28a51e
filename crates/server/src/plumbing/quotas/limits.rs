//! Every limit, with its number.

use std::net::IpAddr;

use chrono::Duration;
use uuid::Uuid;

use super::{Quota, digest, network, wider_network};

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

    /// Nobody's name counts like somebody's: the limit tells nothing. `login` as accounts are looked up by it.
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
    /// Requests for a new password: for one address, and from one client.
    pub fn reset_requests(email: &str, ip: Option<IpAddr>) -> Vec<Self> {
        let mut quotas = vec![
            Self::hourly(format!("reset-to:{}", digest(email)), 5),
            Self::hourly(format!("reset-by:{}", network(ip)), 60),
        ];
        quotas.extend(wider_network(ip).map(|network| Self::hourly(format!("reset-by:{network}"), 300)));
        quotas
    }

    /// Mails with a link for a new password in all, whoever asks. Where there is no account there is no mail: strangers can't use
    /// this up by naming addresses at will.
    pub fn reset_mails() -> Self {
        Self::hourly("reset".to_owned(), 1000)
    }

    pub fn email_changes(user: Uuid, new_email: &str, ip: Option<IpAddr>) -> Vec<Self> {
        let mut quotas = vec![
            Self::hourly(format!("email-change:{user}"), 5),
            Self::hourly(format!("email-change-from:{}", network(ip)), 30),
        ];
        quotas.extend(Self::unasked_mails(new_email, &[user]));
        quotas
    }

    /// Mails to somebody who did not ask for them: a few from each person and organization, so that none of them keeps the others
    /// from writing, and a number in all.
    fn unasked_mails(email: &str, senders: &[Uuid]) -> Vec<Self> {
        let address = digest(email);
        let shares = senders
            .iter()
            .map(|sender| Self::daily(format!("mails-to:{address}<{sender}"), 6));
        shares.chain([Self::daily(format!("mails-to:{address}"), 20)]).collect()
    }

    /// People whom somebody brings into an organization: by invitations, and by accounts made for them.
    pub fn people_brought_in(by: Uuid, into: Uuid, ip: Option<IpAddr>, emails: &[String]) -> Vec<Self> {
        let count = emails.len();
        let mut quotas = vec![
            Self::daily(format!("people-by:{by}"), 300).times(count),
            Self::daily(format!("people-from:{}", network(ip)), 500).times(count),
            Self::daily(format!("people-into:{into}"), 300).times(count),
        ];
        quotas.extend(emails.iter().flat_map(|email| Self::unasked_mails(email, &[by, into])));
        quotas
    }

    /// Accounts that a platform admin makes: a whole company on its first day, whatever others mailed to those people.
    pub fn accounts_made(by: Uuid) -> Vec<Self> {
        vec![Self::daily(format!("accounts-by:{by}"), 5000)]
    }

    pub fn invitation_sent_again(invitation: Uuid, by: Uuid, into: Uuid, email: &str) -> Vec<Self> {
        let mut quotas = vec![
            Self::hourly(format!("invitation:{invitation}"), 5),
            Self::daily(format!("people-by:{by}"), 300),
        ];
        quotas.extend(Self::unasked_mails(email, &[by, into]));
        quotas
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
