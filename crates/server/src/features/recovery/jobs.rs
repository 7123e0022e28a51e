//! Looks into who asked for a new password, away from whoever asked.

use std::time::Duration;

use serde_json::json;

use super::Recovery;
use super::{LINK_LIFETIME, store};
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::features::users;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::mail::{self, Mail, Template};
use crate::secrets::{random_token, sha256};

const POLL: Duration = Duration::from_secs(2);
const BATCH: i64 = 50;

/// Any number of processes may look: each request is taken by one.
pub async fn run(recovery: Recovery) {
    let mut waiter = recovery.core.mail.waiter();
    let mut healthy = true;
    loop {
        waiter.borrow_and_update();
        let outcome = answer_requests(&recovery).await;
        match &outcome {
            Err(error) if healthy => {
                tracing::error!(%error, "requests for new passwords wait; they are tried again every few seconds");
            }
            // Wakes the outbox, and this loop once more for what may be left.
            Ok(taken) if *taken > 0 => recovery.core.mail.now(),
            _ => {}
        }
        healthy = outcome.is_ok();
        tokio::select! {
            () = recovery.core.shutdown.cancelled() => return,
            _ = waiter.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// One batch; says how many requests it took.
async fn answer_requests(recovery: &Recovery) -> Result<usize> {
    let now = recovery.core.clock.now();
    let mut tx = recovery.core.db.system(SystemReason::PasswordReset).await?;
    let requests = store::take_requests(&mut tx, now, BATCH).await?;
    for (email, requested_at) in &requests {
        // Nobody waits for the answer to an old one any more.
        if now - *requested_at < LINK_LIFETIME {
            answer(recovery, &mut tx, email).await?;
        }
    }
    tx.commit().await?;
    Ok(requests.len())
}

async fn answer(recovery: &Recovery, tx: &mut SystemTx, email: &str) -> Result<()> {
    let Some(user_id) = users::enabled_account(tx, email).await? else {
        return Ok(());
    };
    let now = recovery.core.clock.now();
    let (token, expires_at) = (random_token(), now + LINK_LIFETIME);
    store::insert_reset(tx, user_id, &sha256(token.as_bytes()), now, expires_at).await?;
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
