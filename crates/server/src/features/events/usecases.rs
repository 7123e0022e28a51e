//! Following a workspace.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};
use uuid::Uuid;

use super::EventStreams;
use super::rules::{concerns, may_end_session};
use super::streams::Place;
use crate::error::Result;
use crate::features::sessions;
use crate::operation::{Authorized, Operation};
use crate::permissions::Permission;
use crate::plumbing::events::{News, Subscription, Topic};

/// How often a session is looked up although nothing was announced about it.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What a follower is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Changed {
        topic: Topic,
        id: Uuid,
    },
    /// Read everything again.
    AnythingChanged,
    /// The last word, and why.
    Closed(&'static str),
}

/// One open stream.
pub struct Follower {
    streams: EventStreams,
    operation: Operation,
    topics: HashSet<Topic>,
    news: Subscription,
    look: Interval,
    closed: bool,
    _place: Place,
}

impl Follower {
    /// # Errors
    /// 429 or 503 when there are too many.
    pub fn new(streams: &EventStreams, authorized: &Authorized<'_>, topics: HashSet<Topic>) -> Result<Self> {
        let place = streams.open.take(authorized.user_id)?;
        // The first look comes at once: it sees what happened between the request's own look-up and this subscription.
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            streams: streams.clone(),
            operation: authorized.operation().clone(),
            topics,
            news: streams.core.events.subscribe(),
            look,
            closed: false,
            _place: place,
        })
    }

    /// What to tell next; `None` after the last word.
    pub async fn next(&mut self) -> Option<Told> {
        while !self.closed {
            let shutdown = self.streams.core.shutdown.clone();
            let news = tokio::select! {
                () = shutdown.cancelled() => return Some(self.close("server_stopping")),
                _ = self.look.tick() => None,
                news = self.news.next() => match news {
                    Some(news) => Some(news),
                    None => return Some(self.close("server_stopping")),
                },
            };
            let must_look = match &news {
                None | Some(News::Missed) => true,
                Some(News::Changed(change)) => may_end_session(&self.operation, change),
            };
            if must_look && let Some(reason) = self.why_close().await {
                return Some(self.close(reason));
            }
            match news {
                Some(News::Missed) => return Some(Told::AnythingChanged),
                Some(News::Changed(change))
                    if self.topics.contains(&change.topic) && concerns(&self.operation, &change) =>
                {
                    return Some(Told::Changed {
                        topic: change.topic,
                        id: change.id,
                    });
                }
                _ => {}
            }
        }
        None
    }

    fn close(&mut self, reason: &'static str) -> Told {
        self.closed = true;
        Told::Closed(reason)
    }

    async fn why_close(&self) -> Option<&'static str> {
        let operation = self.operation.clone().at(self.streams.core.clock.now());
        let authorized = operation.require(Permission::EventsRead).ok()?;
        match sessions::current_workspace(&self.streams.sessions, authorized).await {
            Ok(None) => Some("session_ended"),
            Ok(Some(workspace)) if workspace == self.operation.workspace => None,
            Ok(Some(workspace)) if workspace.organization_id() == self.operation.workspace.organization_id() => {
                Some("role_changed")
            }
            Ok(Some(_)) => Some("workspace_changed"),
            // A database that fails says nothing about the session: the stream goes on until the next look.
            Err(error) => {
                tracing::warn!(%error, "could not look up the session of a live stream");
                None
            }
        }
    }
}
