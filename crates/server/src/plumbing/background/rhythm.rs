//! When the next round comes.

use std::time::Duration;

use tokio::sync::watch;

use crate::plumbing::events::{Events, News, Subscription, Topic};

/// Nudges that come together are answered by one round.
const GATHER: Duration = Duration::from_millis(30);

/// The period of a task, and what makes it come sooner. The first round comes at once.
#[derive(Clone)]
pub struct Rhythm {
    every: Duration,
    every_when_deaf: Duration,
    topics: &'static [Topic],
    wake: Option<watch::Receiver<()>>,
    pub(super) on_one_replica: bool,
    pub(super) once_more_at_the_end: bool,
}

impl Rhythm {
    pub fn every(period: Duration) -> Self {
        Self {
            every: period,
            every_when_deaf: period,
            topics: &[],
            wake: None,
            on_one_replica: false,
            once_more_at_the_end: false,
        }
    }

    /// Another period while this replica hears of no changes.
    pub fn when_deaf(mut self, period: Duration) -> Self {
        self.every_when_deaf = period;
        self
    }

    /// Changes of these topics, by whichever replica.
    pub fn nudged_by(mut self, topics: &'static [Topic]) -> Self {
        self.topics = topics;
        self
    }

    /// Something in this process.
    pub fn woken_by(mut self, wake: watch::Receiver<()>) -> Self {
        self.wake = Some(wake);
        self
    }

    /// One replica at a time does the rounds. When it stops, or its lease runs out, another one does.
    pub fn on_one_replica(mut self) -> Self {
        self.on_one_replica = true;
        self
    }

    /// A last round when the program stops.
    pub fn once_more_at_the_end(mut self) -> Self {
        self.once_more_at_the_end = true;
        self
    }

    /// What nudges from now on. Made before a round, so that a nudge during the round is not lost.
    pub(super) fn nudges(&self, events: &Events) -> Nudges {
        let wake = self.wake.clone().map(|mut wake| {
            wake.mark_unchanged();
            wake
        });
        Nudges {
            news: (!self.topics.is_empty()).then(|| events.subscribe()),
            topics: self.topics,
            wake,
        }
    }

    /// Waits until the next round is due.
    pub(super) async fn next(&self, events: &Events, mut nudges: Nudges) {
        let period = if events.is_listening() {
            self.every
        } else {
            self.every_when_deaf
        };
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = nudges.come() => tokio::time::sleep(GATHER).await,
        }
    }
}

pub(super) struct Nudges {
    news: Option<Subscription>,
    topics: &'static [Topic],
    wake: Option<watch::Receiver<()>>,
}

impl Nudges {
    async fn come(&mut self) {
        tokio::select! {
            () = heard(&mut self.news, self.topics) => {}
            () = woken(&mut self.wake) => {}
        }
    }
}

async fn heard(news: &mut Option<Subscription>, topics: &[Topic]) {
    while let Some(subscription) = news {
        match subscription.next().await {
            Some(News::Changed(change)) if !topics.contains(&change.topic) => {}
            Some(News::Changed(_) | News::Missed) => return,
            None => *news = None,
        }
    }
    std::future::pending().await
}

async fn woken(wake: &mut Option<watch::Receiver<()>>) {
    let woken = match wake {
        Some(wake) => wake.changed().await.is_ok(),
        None => false,
    };
    if !woken {
        // There is no such channel, or it closed: nothing but the period wakes this task.
        std::future::pending().await
    }
}
