//! Mails: queued in the transaction that causes them, sent afterwards by [`delivery`].
//!
//! - A mail that was queued is sent once its transaction committed, and never without it.
//! - The link in a mail is a secret. It is in the outbox until the mail is out (or given up), and in no log.
//! - The `Message-ID` belongs to the row: should a crash make us send a mail again, the recipient's program shows it once.
//! - Without an SMTP server mails become files in the data directory, so that nobody is stuck.
//!
//! Table: `outbox`.

mod delivery;
mod outbox;
mod smtp;
mod templates;
mod transport;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::config::Config;
pub use delivery::Delivery;
pub use outbox::remove_finished;
pub use templates::Template;
use transport::Transport;
pub use transport::directory;

/// A mail to one person. The language is the recipient's, when the address belongs to an account.
pub struct Mail<'a> {
    pub template: Template,
    pub recipient: &'a str,
    /// `en` or `fr`, for a recipient without an account.
    pub fallback_locale: &'a str,
    /// What the template names. Rendering fails, and the mail with it, when one is missing.
    pub parameters: Value,
    /// When what it says stops being true; it is not sent after that.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Queues a mail in the transaction of what causes it. After the commit, [`Wake::now`] makes it leave at once.
pub async fn enqueue(conn: &mut PgConnection, mail: Mail<'_>, now: DateTime<Utc>) -> Result<()> {
    enqueue_as(conn, crate::ids::new_id(), mail, now).await
}

/// As [`enqueue`], for a mail whose delivery somebody asks for later.
pub async fn enqueue_as(conn: &mut PgConnection, id: Uuid, mail: Mail<'_>, now: DateTime<Utc>) -> Result<()> {
    outbox::insert(conn, id, &mail, now).await
}

/// Can the settings be used?
///
/// # Errors
/// What is wrong with them, in one sentence.
pub fn check(config: &Config) -> anyhow::Result<()> {
    Transport::from_config(config).map(drop)
}

/// Are mails really sent? If not, links are shown to whoever causes them.
pub fn is_sent(config: &Config) -> bool {
    config.smtp_url.is_some()
}

/// Can a mail be addressed to this? The delivery asks the same parser.
pub fn is_deliverable(email: &str) -> bool {
    transport::address(email).is_some()
}

/// Tells this process's background work that there is mail; the other replicas look by themselves every few seconds.
#[derive(Clone)]
pub struct Wake(watch::Sender<()>);

impl Default for Wake {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Wake {
    pub fn now(&self) {
        self.0.send_replace(());
    }

    pub fn waiter(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
