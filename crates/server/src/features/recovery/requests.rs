//! Looks into who asked for a new password, away from whoever asked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Recovery;
use super::{LINK_LIFETIME, store};
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::features::users;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::jobs::Job;
use crate::plumbing::mail::{self, Mail, Template};
use crate::plumbing::quotas::{self, Quota};
use crate::secrets::{random_token, sha256};

/// Somebody wants a new password for an address. Written by `auth.request_password_reset`, which names this kind and this payload.
#[derive(Serialize, Deserialize)]
pub struct PasswordRequest {
    email: String,
    requested_at: DateTime<Utc>,
}

pub struct PasswordRequests(pub Recovery);

impl Job for PasswordRequests {
    const KIND: &'static str = "password_request";
    const REASON: SystemReason = SystemReason::PasswordReset;
    type Payload = PasswordRequest;

    async fn run(&self, tx: &mut SystemTx, request: PasswordRequest) -> Result<()> {
        let Self(recovery) = self;
        // Nobody waits for the answer to an old one any more.
        if recovery.core.clock.now() - request.requested_at < LINK_LIFETIME {
            answer(recovery, tx, &request.email).await?;
        }
        Ok(())
    }

    fn committed(&self) {
        self.0.core.mail.now();
    }
}

async fn answer(recovery: &Recovery, tx: &mut SystemTx, email: &str) -> Result<()> {
    let Some(user_id) = users::enabled_account(tx, email).await? else {
        return Ok(());
    };
    let now = recovery.core.clock.now();
    if !quotas::spend_if_left(tx.conn(), &[Quota::reset_mails()], now).await? {
        metrics::counter!("password_reset_mails_withheld_total").increment(1);
        tracing::warn!("more new passwords are asked for than mails may go out: a request gets none");
        return Ok(());
    }
    let (token, expires_at) = (random_token(), now + LINK_LIFETIME);
    store::insert_reset(tx, user_id, &sha256(token.as_bytes()), now, expires_at, false).await?;
    let mail = Mail {
        template: Template::PasswordReset,
        recipient: email,
        fallback_locale: "en",
        parameters: json!({
            "link": format!("{}/app/reset-password#token={token}", recovery.core.config.public_origin()),
            "minutes": LINK_LIFETIME.num_minutes(),
        }),
        expires_at: Some(expires_at),
    };
    mail::enqueue(tx.conn(), mail, now).await?;
    audit::record_system(tx, user_id, now, Act::new("password.request_reset", "user", user_id)).await
}
