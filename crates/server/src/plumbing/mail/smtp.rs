//! Where mails are handed over, from the settings.

use std::path::PathBuf;

use anyhow::Context as _;
use lettre::message::Mailbox;

use crate::plumbing::config::Config;
use crate::plumbing::private_files;

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte (`smtps://`).
    Implicit,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// STARTTLS where the server offers it: for relays on the same machine or network.
    Opportunistic,
}

/// A mail server and how to speak to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    pub credentials: Option<(String, String)>,
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpSettings({}:{}, {:?})", self.host, self.port, self.protection)
    }
}

impl SmtpSettings {
    /// `None` without `--smtp-url`.
    ///
    /// # Errors
    /// Settings that contradict each other, would send a password in the clear, or name a file that can't be read.
    pub fn from_config(config: &Config) -> anyhow::Result<Option<Self>> {
        let Some(url) = &config.smtp_url else {
            anyhow::ensure!(
                config.smtp_username.is_none() && config.smtp_password.is_none() && config.smtp_password_file.is_none(),
                "--smtp-username and --smtp-password need --smtp-url"
            );
            return Ok(None);
        };
        let (host, port, protection) = parse_url(url)?;
        let credentials = credentials(config)?;
        let loopback = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        anyhow::ensure!(
            credentials.is_none() || protection != Protection::Opportunistic || loopback,
            "--smtp-url with starttls=opportunistic could send the password in the clear: drop it, or use smtps://"
        );
        anyhow::ensure!(
            loopback || config.public_url.is_some() || !config.reachable_listen().ip().is_loopback(),
            "--public-url is required with --smtp-url: without it the links in mails lead to {}, which only this machine reaches",
            config.public_origin()
        );
        Ok(Some(Self {
            host,
            port,
            protection,
            credentials,
            ca_file: config.smtp_ca_file.clone(),
        }))
    }
}

/// Who mails come from. A default that goes nowhere is enough while mails only become files.
///
/// # Errors
/// Not a mailbox, or missing although there is a server.
pub fn sender(config: &Config) -> anyhow::Result<Mailbox> {
    match &config.mail_from {
        Some(text) => text
            .parse()
            .context("--mail-from must look like Inventiv <no-reply@example.com>"),
        None if config.smtp_url.is_some() => {
            anyhow::bail!("--smtp-url needs --mail-from, an address this server may send from")
        }
        None => "Inventiv <no-reply@inventiv.local>"
            .parse()
            .map_err(anyhow::Error::from),
    }
}

fn parse_url(text: &str) -> anyhow::Result<(String, u16, Protection)> {
    const SHAPE: &str = "--smtp-url must be smtps://host[:465], smtp://host[:587] (STARTTLS required) or smtp://host[:port]?starttls=opportunistic";
    // What the parser can't take is never shown: somebody may have put a password into it.
    let uri: http::Uri = text.parse().map_err(|_| anyhow::anyhow!(SHAPE))?;
    let authority = uri.authority().context(SHAPE)?;
    anyhow::ensure!(
        !authority.as_str().contains('@'),
        "put the name and password of the mail server into --smtp-username and --smtp-password, not into --smtp-url"
    );
    anyhow::ensure!(matches!(uri.path(), "" | "/"), SHAPE);
    let (default_port, protection) = match (uri.scheme_str(), uri.query()) {
        (Some("smtps"), None) => (465, Protection::Implicit),
        (Some("smtp"), None | Some("starttls=required")) => (587, Protection::StartTls),
        (Some("smtp"), Some("starttls=opportunistic")) => (587, Protection::Opportunistic),
        _ => anyhow::bail!(SHAPE),
    };
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    anyhow::ensure!(!host.is_empty(), SHAPE);
    Ok((host, authority.port_u16().unwrap_or(default_port), protection))
}

fn credentials(config: &Config) -> anyhow::Result<Option<(String, String)>> {
    anyhow::ensure!(
        config.smtp_password.is_none() || config.smtp_password_file.is_none(),
        "give --smtp-password or --smtp-password-file, not both"
    );
    let password = match &config.smtp_password_file {
        Some(file) => {
            let text = private_files::read(file)
                .with_context(|| format!("reading the mail server's password from {}", file.display()))?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        None => config.smtp_password.clone(),
    };
    match (&config.smtp_username, password) {
        (Some(name), Some(password)) => Ok(Some((name.clone(), password))),
        (None, None) => Ok(None),
        (Some(_), None) => anyhow::bail!("--smtp-username needs --smtp-password or --smtp-password-file"),
        (None, Some(_)) => anyhow::bail!("--smtp-password needs --smtp-username"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: &[&str]) -> anyhow::Result<Option<SmtpSettings>> {
        let flags: Vec<&str> = [&["--public-url", "https://console.example"], flags].concat();
        SmtpSettings::from_config(&Config::from_flags(&flags).unwrap())
    }

    #[test]
    fn mails_that_leave_the_machine_need_a_place_for_their_links() {
        let refused = |flags: &[&str]| SmtpSettings::from_config(&Config::from_flags(flags).unwrap()).is_err();
        let (out, within) = (
            ["--smtp-url", "smtps://m.example"],
            ["--smtp-url", "smtp://127.0.0.1:25"],
        );
        assert!(refused(&out));
        assert!(refused(&[&out[..], &["--listen", "[::1]:8080"]].concat()));
        assert!(!refused(&[&out[..], &["--listen", "192.0.2.1:8080"]].concat()));
        assert!(!refused(
            &[&out[..], &["--public-url", "https://console.example"]].concat()
        ));
        assert!(!refused(&within));
    }

    #[test]
    fn the_url_says_server_port_and_protection() {
        let cases = [
            (
                "smtps://mail.example.com",
                "mail.example.com",
                465,
                Protection::Implicit,
            ),
            ("smtp://mail.example.com", "mail.example.com", 587, Protection::StartTls),
            (
                "smtp://mail.example.com:2587?starttls=required",
                "mail.example.com",
                2587,
                Protection::StartTls,
            ),
            (
                "smtp://127.0.0.1:25?starttls=opportunistic",
                "127.0.0.1",
                25,
                Protection::Opportunistic,
            ),
            ("smtps://[::1]:4650", "::1", 4650, Protection::Implicit),
        ];
        for (url, host, port, protection) in cases {
            let settings = settings(&["--smtp-url", url]).unwrap().unwrap();
            assert_eq!(
                (settings.host.as_str(), settings.port, settings.protection),
                (host, port, protection),
                "{url}"
            );
        }
        assert_eq!(settings(&[]).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_repeating_it() {
        for url in [
            "mail.example.com",
            "http://mail.example.com",
            "smtps://mail.example.com?starttls=required",
            "smtp://mail.example.com?starttls=never",
            "smtp://mail.example.com/path",
            "smtp://somebody:hunter2@mail.example.com",
        ] {
            let error = format!("{:#}", settings(&["--smtp-url", url]).unwrap_err());
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_password_never_travels_in_the_clear() {
        let with_password = |url: &str| settings(&["--smtp-url", url, "--smtp-username", "a", "--smtp-password", "b"]);
        assert!(with_password("smtp://mail.example.com?starttls=opportunistic").is_err());
        assert!(with_password("smtp://127.0.0.1?starttls=opportunistic").is_ok());
        let settings = with_password("smtp://mail.example.com").unwrap().unwrap();
        assert_eq!(settings.credentials, Some(("a".to_owned(), "b".to_owned())));
        assert!(!format!("{settings:?}").contains('b'));
    }

    #[test]
    fn half_of_the_credentials_is_a_mistake() {
        for flags in [
            vec!["--smtp-url", "smtps://m.example", "--smtp-username", "a"],
            vec!["--smtp-url", "smtps://m.example", "--smtp-password", "a"],
            vec!["--smtp-username", "a", "--smtp-password", "b"],
        ] {
            assert!(settings(&flags).is_err(), "{flags:?}");
        }
    }

    #[test]
    fn a_server_needs_a_sender() {
        let config = |flags: &[&str]| Config::from_flags(flags).unwrap();
        assert!(sender(&config(&["--smtp-url", "smtps://m.example"])).is_err());
        assert!(sender(&config(&["--mail-from", "nobody"])).is_err());
        let from = sender(&config(&["--mail-from", "Inventiv <no-reply@example.com>"])).unwrap();
        assert_eq!(from.email.domain(), "example.com");
        assert!(sender(&config(&[])).is_ok());
    }
}
