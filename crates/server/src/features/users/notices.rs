//! What people are told by mail after something of their account changed: should it not have been them, they hear of it.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::store::Profile;
use crate::error::Result;
use crate::plumbing::config::Config;
use crate::plumbing::mail::{self, Mail, Template};

/// Read by people without an account only; everybody else has a language.
const FALLBACK_LOCALE: &str = "en";

/// Queues the news that the account has another password. Wake the mail after the commit.
pub async fn password_changed(config: &Config, conn: &mut PgConnection, email: &str, now: DateTime<Utc>) -> Result<()> {
    let mail = Mail {
        template: Template::PasswordChanged,
        recipient: email,
        fallback_locale: FALLBACK_LOCALE,
        parameters: json!({"link": format!("{}/app/forgot-password", config.public_origin())}),
        expires_at: None,
    };
    mail::enqueue(conn, mail, now).await
}

/// Queues the news, for the address before, that the account has another one. Wake the mail after the commit.
pub async fn email_changed(
    conn: &mut PgConnection,
    before: &Profile,
    new_email: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let mail = Mail {
        template: Template::EmailChanged,
        recipient: &before.email,
        fallback_locale: &before.locale,
        parameters: json!({"new_email": new_email}),
        expires_at: None,
    };
    mail::enqueue(conn, mail, now).await
}
