//! Handing one mail over: to the SMTP server, or into a file.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use uuid::Uuid;

use super::smtp::{Protection, SmtpSettings, sender};
use super::templates::Rendered;
use crate::plumbing::config::Config;
use crate::plumbing::private_files;

/// Each step of the conversation with the server.
const STEP_LIMIT: Duration = Duration::from_secs(20);
/// The whole of it.
const TOTAL_LIMIT: Duration = Duration::from_secs(60);

/// Bytes in an encoded word, which has at most 75 characters.
const ENCODED_AT_ONCE: usize = 42;

/// What is kept of a server's words.
const LONGEST_REPLY: usize = 300;

/// Where mails go.
pub struct Transport {
    from: Mailbox,
    way: Way,
}

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(PathBuf),
}

/// Why a mail didn't get out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryError {
    /// It will never be taken. Otherwise another time may be better.
    pub is_final: bool,
    /// A category, which is kept and logged.
    pub what: String,
    /// The server's own words, for whoever named the address: they hold it, so they are in no log.
    pub reply: Option<String>,
}

impl DeliveryError {
    pub fn temporary(what: impl Into<String>) -> Self {
        Self {
            is_final: false,
            what: what.into(),
            reply: None,
        }
    }

    pub fn permanent(what: impl Into<String>) -> Self {
        Self {
            is_final: true,
            ..Self::temporary(what)
        }
    }
}

/// Where mails go that no server takes.
pub fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("mail")
}

impl Transport {
    /// # Errors
    /// Settings that can't be used.
    pub fn from_config(config: &Config) -> anyhow::Result<Self> {
        let from = sender(config)?;
        let way = match SmtpSettings::from_config(config)? {
            Some(settings) => Way::Smtp(smtp(&settings, from.email.domain())?),
            None => {
                let data_dir = config.data_dir.as_deref().unwrap_or(Path::new("."));
                Way::Files(directory(data_dir))
            }
        };
        Ok(Self { from, way })
    }

    /// The directory of files, when that is where mails go.
    pub fn directory(&self) -> Option<&Path> {
        match &self.way {
            Way::Smtp(_) => None,
            Way::Files(directory) => Some(directory),
        }
    }

    pub async fn deliver(
        &self,
        id: Uuid,
        recipient: &str,
        mail: Rendered,
        date: SystemTime,
    ) -> Result<(), DeliveryError> {
        let message = self.message(id, recipient, mail, date)?;
        match &self.way {
            Way::Smtp(smtp) => match tokio::time::timeout(TOTAL_LIMIT, smtp.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(classify(&error)),
                Err(_) => Err(DeliveryError::temporary("smtp too slow")),
            },
            Way::Files(directory) => write(directory.clone(), id, message.formatted())
                .await
                .map_err(|error| DeliveryError::temporary(format!("file: {}", error.kind()))),
        }
    }

    fn message(&self, id: Uuid, recipient: &str, mail: Rendered, date: SystemTime) -> Result<Message, DeliveryError> {
        let unusable = |what: &str| DeliveryError::permanent(what);
        let address = address(recipient).ok_or_else(|| unusable("not a deliverable address"))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .date(date)
            .raw_header(subject(mail.subject))
            // Vacation notices and the like don't answer to programs.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(|_| unusable("the message could not be composed"))
    }
}

/// The subject as a header. What already reads as an encoded word would come out as whatever it encodes, so it is encoded itself.
fn subject(text: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Subject");
    if !text.contains("=?") {
        return HeaderValue::new(name, text);
    }
    let mut words: Vec<String> = Vec::new();
    for character in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + character.len_utf8() <= ENCODED_AT_ONCE => word.push(character),
            _ => words.push(character.into()),
        }
    }
    let encoded = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    let encoded = encoded.collect::<Vec<_>>().join("\r\n ");
    HeaderValue::dangerous_new_pre_encoded(name, text, encoded)
}

fn smtp(settings: &SmtpSettings, hello: &str) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.ca_file {
        let pem = std::fs::read(file).with_context(|| format!("reading --smtp-ca-file {}", file.display()))?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|_| anyhow::anyhow!("--smtp-ca-file {} holds no certificate", file.display()))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters.build_rustls().context("preparing TLS for the mail server")?;
    let tls = match settings.protection {
        Protection::Implicit => Tls::Wrapper(parameters),
        Protection::StartTls => Tls::Required(parameters),
        Protection::Opportunistic => Tls::Opportunistic(parameters),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
        .port(settings.port)
        .tls(tls)
        .hello_name(ClientId::Domain(hello.to_owned()))
        .timeout(Some(STEP_LIMIT));
    if let Some((name, password)) = &settings.credentials {
        builder = builder.credentials(Credentials::new(name.clone(), password.clone()));
    }
    Ok(builder.build())
}

/// A 5xx is final, except where it is about our own access (530 to 538): that is for the operator to mend while mails wait.
fn classify(error: &lettre::transport::smtp::Error) -> DeliveryError {
    let Some(code) = error.status() else {
        let what = if error.is_timeout() {
            "smtp too slow"
        } else if error.is_tls() {
            "smtp TLS refused"
        } else if error.is_client() {
            "smtp server lacks what is needed"
        } else {
            "smtp connection failed"
        };
        return DeliveryError::temporary(what);
    };
    let about_access = matches!(u16::from(code), 530..=538);
    DeliveryError {
        is_final: code.severity == Severity::PermanentNegativeCompletion && !about_access,
        what: format!("smtp {}", u16::from(code)),
        // What is about our own access is between the operator and the server.
        reply: (!about_access).then(|| reply(u16::from(code), error)),
    }
}

/// What the server said, on one line.
fn reply(code: u16, error: &lettre::transport::smtp::Error) -> String {
    let words = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    let words = words.split(|character: char| character.is_whitespace() || character.is_control());
    let words = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{code} {words}")
        .trim_end()
        .chars()
        .take(LONGEST_REPLY)
        .collect()
}

/// Appears whole or not at all, readable by the program's user only: it holds a link that works.
async fn write(directory: PathBuf, id: Uuid, message: Vec<u8>) -> std::io::Result<()> {
    let work = move || {
        use std::io::Write as _;
        private_files::make_directory(&directory)?;
        let draft = directory.join(format!(".{id}.draft"));
        let mut file = private_files::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&draft)?;
        file.write_all(&message)?;
        file.sync_all()?;
        std::fs::rename(&draft, directory.join(format!("{id}.eml")))
    };
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

/// An address as mail servers understand it.
pub fn address(email: &str) -> Option<Address> {
    email.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_arrives_as_it_was_written() {
        for text in [
            "Ann invites you to Acme",
            "Ann vous invite à rejoindre Société Générale",
            "Ann invites you to =?utf-8?B?aHR0cHM6Ly9ldmlsLmNvbS9sb2dpbg==?=",
            "é =?utf-8?q?=68ttps=3A=2F=2Fevil=2Ecom?= à",
            &format!("=?{} end", "é".repeat(100)),
        ] {
            let message = Message::builder()
                .from("a@b.example".parse().unwrap())
                .to("c@d.example".parse().unwrap())
                .raw_header(subject(text.to_owned()))
                .body(String::new())
                .unwrap()
                .formatted();
            assert!(
                String::from_utf8_lossy(&message).lines().all(|line| line.len() <= 78),
                "{text}"
            );
            let parsed = mail_parser::MessageParser::default().parse(&message).unwrap();
            assert_eq!(parsed.subject(), Some(text));
        }
    }
}
