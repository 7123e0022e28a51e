//! The loop that empties the outbox. Any number of replicas may run it: each mail is leased to one at a time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Wake;
use super::outbox::{self, Claimed};
use super::templates;
use super::transport::{DeliveryError, Transport};
use crate::clock::Clock;
use crate::error::Result;
use crate::plumbing::config::Config;
use crate::plumbing::db::{Db, SystemReason};

/// How often is looked without being woken.
const POLL: Duration = Duration::from_secs(2);
/// Mails sent at the same time.
const AT_ONCE: i64 = 4;
/// Longer than a delivery may take: when it ends, the sender is gone.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// With the pauses below the last attempt comes about five hours after the first.
const MOST_ATTEMPTS: i32 = 14;
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(15);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(40);

/// What sending needs.
pub struct Delivery {
    pub db: Db,
    pub clock: Clock,
    pub wake: Wake,
    pub shutdown: CancellationToken,
}

impl Delivery {
    /// Sends what is due until the program stops.
    pub async fn run(self, config: Arc<Config>) {
        let transport = match Transport::from_config(&config) {
            Ok(transport) => transport,
            // The start checks the settings; what it can't see is a file that went away since.
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "mails stay in the outbox: the mail settings can't be used"
                );
                return;
            }
        };
        if let Some(directory) = transport.directory() {
            tracing::info!(directory = %directory.display(), "no mail server (--smtp-url): mails are written to files");
        }
        let owner = crate::ids::new_id();
        let mut waiter = self.wake.waiter();
        let mut healthy = true;
        loop {
            // Seen from here on, so a wake during the work is not lost.
            waiter.borrow_and_update();
            let outcome = send_due(&self, &transport, owner).await;
            match &outcome {
                Err(error) if healthy => {
                    tracing::error!(%error, "the outbox can't be read; it is tried again every few seconds")
                }
                _ => {}
            }
            healthy = outcome.is_ok();
            if matches!(outcome, Ok(sent) if sent == AT_ONCE as usize) {
                if self.shutdown.is_cancelled() {
                    return;
                }
                continue;
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                _ = waiter.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
}

/// One round; says how many mails were tried.
async fn send_due(delivery: &Delivery, transport: &Transport, owner: Uuid) -> Result<usize> {
    let mut tx = delivery.db.system(SystemReason::MailDelivery).await?;
    let claimed = outbox::claim(&mut tx, owner, delivery.clock.now(), LEASE, AT_ONCE).await?;
    tx.commit().await?;
    let tried = claimed.len();
    let deliveries = claimed.into_iter().map(|mail| async move {
        let attempt = (mail.id, mail.attempts, mail.template.clone());
        (attempt, deliver(transport, mail, delivery.clock.now()).await)
    });
    // They leave side by side; what became of them is written one after the other, on one connection. An error of one ends none of
    // the others.
    let mut deliveries: FuturesUnordered<_> = deliveries.collect();
    let mut outcome = Ok(tried);
    while let Some((attempt, delivered)) = deliveries.next().await {
        if let Err(error) = record(delivery, owner, attempt, delivered).await {
            outcome = Err(error);
        }
    }
    outcome
}

async fn record(
    delivery: &Delivery,
    owner: Uuid,
    (id, attempts, template): (Uuid, i32, String),
    delivered: Result<(), DeliveryError>,
) -> Result<()> {
    let now = delivery.clock.now();
    let mut tx = delivery.db.system(SystemReason::MailDelivery).await?;
    match delivered {
        Ok(()) => {
            outbox::mark_sent(&mut tx, owner, id, now).await?;
            tracing::info!(mail = %id, template, attempts, "mail sent");
        }
        Err(DeliveryError::Temporary(why)) if attempts < MOST_ATTEMPTS => {
            let until = now + pause(attempts, rand::random());
            outbox::put_off(&mut tx, owner, id, until, &why).await?;
            tracing::warn!(mail = %id, template, attempts, why, next_attempt_at = %until, "mail not sent yet");
        }
        Err(DeliveryError::Temporary(why) | DeliveryError::Permanent(why)) => {
            outbox::give_up(&mut tx, owner, id, now, &why).await?;
            tracing::error!(mail = %id, template, attempts, why, "mail given up");
        }
    }
    tx.commit().await
}

async fn deliver(transport: &Transport, mail: Claimed, now: DateTime<Utc>) -> Result<(), DeliveryError> {
    if mail.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(DeliveryError::Permanent("out of date".to_owned()));
    }
    // The message of a rendering error may hold parameters: it is not passed on.
    let rendered = templates::render(&mail.template, &mail.locale, &mail.parameters)
        .map_err(|_| DeliveryError::Permanent("the template could not be rendered".to_owned()))?;
    transport.deliver(mail.id, &mail.recipient, rendered, now.into()).await
}

/// Doubles with each attempt up to the longest pause; the jitter (a random number) takes up to a quarter of it away, so that
/// mails that failed together don't come back together.
fn pause(attempts: i32, jitter: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).clamp(0, 20);
    let full = (FIRST_PAUSE * 2_i32.pow(doublings as u32)).min(LONGEST_PAUSE);
    let quarter = full.num_milliseconds() / 4;
    full - TimeDelta::milliseconds(i64::from(jitter) * quarter / i64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_jitter_only_shortens_them() {
        assert_eq!(pause(1, 0), FIRST_PAUSE);
        assert_eq!(pause(3, 0), FIRST_PAUSE * 4);
        assert_eq!(pause(MOST_ATTEMPTS, 0), LONGEST_PAUSE);
        assert_eq!(pause(i32::MAX, 0), LONGEST_PAUSE);
        for attempts in 1..=MOST_ATTEMPTS {
            let (longest, shortest) = (pause(attempts, 0), pause(attempts, u32::MAX));
            assert!(shortest < longest && shortest * 4 >= longest * 3, "{attempts}");
        }
    }
}
