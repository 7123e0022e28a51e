//! Empties the outbox. Any number of replicas may run it: each mail is leased to one at a time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::Wake;
use super::outbox::{self, Claimed};
use super::templates;
use super::transport::{DeliveryError, Transport};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::plumbing::background::{Backoff, Rhythm, Round, Task};
use crate::plumbing::config::{Config, ServerRole};
use crate::plumbing::db::{Db, SystemReason};

/// How often is looked without being woken.
const POLL: Duration = Duration::from_secs(2);
/// Mails sent at the same time.
const AT_ONCE: i64 = 4;
/// Longer than a delivery may take: when it ends, the sender is gone.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// With the pauses below the last attempt comes about five hours after the first.
const MOST_ATTEMPTS: i32 = 14;
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(15),
    longest: Duration::from_secs(2_400),
};

/// What sending needs.
pub struct Delivery {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<Config>,
}

impl Delivery {
    /// Sends what is due.
    pub fn task(self, wake: &Wake) -> Task {
        let sender = Arc::new(Sender {
            delivery: self,
            owner: crate::ids::new_id(),
            transport: OnceCell::new(),
        });
        let rhythm = Rhythm::every(POLL).woken_by(wake.waiter());
        Task::rounds(
            "mail",
            &[ServerRole::Api, ServerRole::Orchestrator],
            rhythm,
            move |_| {
                let sender = Arc::clone(&sender);
                async move { sender.send_due().await }
            },
        )
    }
}

struct Sender {
    delivery: Delivery,
    /// This process, as leases know it.
    owner: Uuid,
    /// The start checks the settings; what it can't see is a file that went away since. Then mails wait until it is back.
    transport: OnceCell<Transport>,
}

impl Sender {
    async fn send_due(&self) -> Result<Round> {
        let Sender { delivery, owner, .. } = self;
        let transport = self.transport.get_or_try_init(|| async { self.open() }).await?;
        let mut tx = delivery.db.system(SystemReason::MailDelivery).await?;
        let claimed = outbox::claim(&mut tx, *owner, delivery.clock.now(), LEASE, AT_ONCE).await?;
        tx.commit().await?;
        let round = if claimed.len() == AT_ONCE as usize {
            Round::More
        } else {
            Round::Idle
        };
        let deliveries = claimed.into_iter().map(|mail| async move {
            let attempt = (mail.id, mail.attempts, mail.template.clone());
            (attempt, deliver(transport, mail, delivery.clock.now()).await)
        });
        // They leave side by side; what became of them is written one after the other, on one connection. An error of one ends none of
        // the others.
        let mut deliveries: FuturesUnordered<_> = deliveries.collect();
        let mut outcome = Ok(round);
        while let Some((attempt, delivered)) = deliveries.next().await {
            if let Err(error) = record(delivery, *owner, attempt, delivered).await {
                outcome = Err(error);
            }
        }
        outcome
    }

    fn open(&self) -> Result<Transport> {
        let transport = Transport::from_config(&self.delivery.config).map_err(Error::internal)?;
        if let Some(directory) = transport.directory() {
            tracing::info!(directory = %directory.display(), "no mail server (--smtp-url): mails are written to files");
        }
        Ok(transport)
    }
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
        Err(DeliveryError {
            is_final: false,
            what,
            reply,
        }) if attempts < MOST_ATTEMPTS => {
            let pause = BACKOFF.pause(attempts.unsigned_abs(), rand::random());
            let until = now + TimeDelta::from_std(pause).map_err(Error::internal)?;
            outbox::put_off(&mut tx, owner, id, until, &what, reply.as_deref()).await?;
            tracing::warn!(mail = %id, template, attempts, why = what, next_attempt_at = %until, "mail not sent yet");
        }
        Err(DeliveryError { what, reply, .. }) => {
            outbox::give_up(&mut tx, owner, id, now, &what, reply.as_deref()).await?;
            tracing::error!(mail = %id, template, attempts, why = what, "mail given up");
        }
    }
    tx.commit().await
}

async fn deliver(transport: &Transport, mail: Claimed, now: DateTime<Utc>) -> Result<(), DeliveryError> {
    if mail.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(DeliveryError::permanent("out of date"));
    }
    // The message of a rendering error may hold parameters: it is not passed on.
    let rendered = templates::render(&mail.template, &mail.locale, &mail.parameters)
        .map_err(|_| DeliveryError::permanent("the template could not be rendered"))?;
    transport.deliver(mail.id, &mail.recipient, rendered, now.into()).await
}
