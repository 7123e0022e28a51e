//! Changes that somebody may be watching. A use case notifies in its transaction; every replica listens and passes the news to
//! whoever subscribed: caches, reconcilers, event streams. The news carries no content, only what to read again, and losing one
//! costs latency, not truth: everything that listens also polls slowly.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::Db;

const CHANNEL: &str = "inventiv";
/// News a slow subscriber may fall behind by before it is told to read everything again.
const BACKLOG: usize = 1024;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Instances,
    Models,
    ApiKeys,
    Usage,
    Members,
    Organizations,
    Sessions,
    Catalog,
}

/// One change: read `id` of `topic` again, if `tenant` is yours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub topic: Topic,
    pub tenant: Uuid,
    pub id: Uuid,
}

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Changed(Change),
    /// The connection was lost for a while: anything may have changed.
    Missed,
}

/// Announces a change when (and only when) the transaction commits.
pub async fn notify(conn: &mut PgConnection, topic: Topic, tenant: Uuid, id: Uuid) -> Result<()> {
    let payload = serde_json::to_string(&Change { topic, tenant, id }).map_err(crate::error::Error::internal)?;
    sqlx::query!("SELECT pg_notify($1, $2)", CHANNEL, payload)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// The news of this replica, once [`Events::listen`] runs.
#[derive(Clone)]
pub struct Events {
    sender: broadcast::Sender<News>,
    listening: watch::Sender<bool>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            listening: watch::Sender::new(false),
        }
    }
}

impl Events {
    /// Listens until the token says otherwise, and tells subscribers.
    pub async fn listen(self, db: Db, shutdown: CancellationToken) {
        let mut pause = Duration::from_millis(100);
        while !shutdown.is_cancelled() {
            let outcome = tokio::select! {
                () = shutdown.cancelled() => return,
                outcome = self.listen_once(&db) => outcome,
            };
            self.listening.send_replace(false);
            if let Err(error) = outcome {
                tracing::warn!(%error, retry_in_ms = pause.as_millis() as u64, "lost the database's notifications; caches are off until they are back");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_secs(2)),
            }
        }
    }

    async fn listen_once(&self, db: &Db) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(db.listening_pool()).await?;
        listener.listen(CHANNEL).await?;
        self.listening.send_replace(true);
        // Whatever happened before we listened was missed. Nobody subscribed is not an error.
        let _ = self.sender.send(News::Missed);
        loop {
            let Some(notification) = listener.try_recv().await? else {
                return Ok(());
            };
            match serde_json::from_str(notification.payload()) {
                Ok(change) => {
                    let _ = self.sender.send(News::Changed(change));
                }
                Err(error) => tracing::warn!(%error, "ignored a notification that is not ours"),
            }
        }
    }

    pub fn subscribe(&self) -> Subscription {
        Subscription {
            receiver: self.sender.subscribe(),
        }
    }

    /// False while the LISTEN connection is down: what is cached can't be trusted then.
    pub fn is_listening(&self) -> bool {
        *self.listening.borrow()
    }
}

pub struct Subscription {
    receiver: broadcast::Receiver<News>,
}

impl Subscription {
    /// The next piece of news; `None` when the program stops.
    pub async fn next(&mut self) -> Option<News> {
        match self.receiver.recv().await {
            Ok(news) => Some(news),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(News::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
