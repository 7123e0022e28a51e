//! Changes that somebody may be watching. A use case notifies in its transaction; every replica listens and passes the news to
//! whoever subscribed: caches, reconcilers, event streams. The news carries no content, only what to read again, and losing one
//! costs latency, not truth: everything that listens also polls slowly.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::error::{Error, Result};
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
    Jobs,
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
    let payload = serde_json::to_string(&Change { topic, tenant, id }).map_err(Error::internal)?;
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
    /// Tells subscribers what happens, from the moment that it says so by `listening`, until the connection is lost.
    ///
    /// # Errors
    /// Always, at the end: why the connection is lost.
    pub async fn listen(&self, db: &Db, listening: impl FnOnce()) -> Result<()> {
        let mut listener = PgListener::connect_with(db.listening_pool()).await?;
        listener.listen(CHANNEL).await?;
        let _heard = Listening::begin(&self.listening);
        listening();
        // Whatever happened before we listened was missed. Nobody subscribed is not an error.
        let _ = self.sender.send(News::Missed);
        while let Some(notification) = listener.try_recv().await? {
            match serde_json::from_str(notification.payload()) {
                Ok(change) => {
                    let _ = self.sender.send(News::Changed(change));
                }
                Err(error) => tracing::warn!(%error, "ignored a notification that is not ours"),
            }
        }
        Err(Error::unavailable("The connection for notifications was lost."))
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

/// However listening ends, caches know that it did.
struct Listening<'a>(&'a watch::Sender<bool>);

impl<'a> Listening<'a> {
    fn begin(listening: &'a watch::Sender<bool>) -> Self {
        listening.send_replace(true);
        Self(listening)
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
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
