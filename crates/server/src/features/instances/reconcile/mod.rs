//! The loop that moves instances along. Any number of processes may run it at once.

mod crash;
mod effects;
mod probe;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::app::App;
use crate::error::Result;
use crate::features::instances::store::lease::{self, Lease};
use crate::ids::new_id;
use crate::plumbing::db::SystemReason;
use crate::plumbing::events::{News, Topic};

/// How often instances that are due are looked for, notified or not.
const POLL: Duration = Duration::from_millis(250);
/// Visits at the same time; each may use a database connection.
const VISITS: usize = 4;
/// After the database or a provider's directory failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until the program stops. What it holds then is given back, or free again when its leases run out.
pub async fn run(app: App) {
    let owner = format!("{}/{}", std::process::id(), new_id());
    let wake = Arc::new(Notify::new());
    let mut background = JoinSet::new();
    background.spawn(listen(app.clone(), Arc::clone(&wake)));
    while let Err(error) = app.clouds.open(&app.config).await {
        tracing::error!(error = format!("{error:#}"), "no provider can be asked yet");
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    let mut visits: JoinSet<()> = JoinSet::new();
    while !app.shutdown.is_cancelled() {
        while visits.try_join_next().is_some() {}
        let mut pause = POLL;
        if visits.len() < VISITS {
            match claim(&app, &owner, VISITS - visits.len()).await {
                Ok(leases) => leases.into_iter().for_each(|lease| {
                    visits.spawn(visit::visit(app.clone(), lease));
                }),
                Err(error) => {
                    tracing::error!(%error, "looking for due instances failed");
                    pause = PAUSE;
                }
            }
        }
        tokio::select! {
            () = app.shutdown.cancelled() => {}
            () = wake.notified() => {}
            Some(_) = visits.join_next(), if !visits.is_empty() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    while visits.join_next().await.is_some() {}
}

async fn claim(app: &App, owner: &str, room: usize) -> Result<Vec<Lease>> {
    let mut tx = app.db.system(SystemReason::InstanceReconciler).await?;
    let limit = i64::try_from(room).unwrap_or(1);
    let leases = lease::claim(&mut tx, owner, limit, app.clock.now()).await?;
    tx.commit().await?;
    Ok(leases)
}

/// Many notifications become one wake-up.
async fn listen(app: App, wake: Arc<Notify>) {
    let mut subscription = app.events.subscribe();
    while let Some(news) = subscription.next().await {
        match news {
            News::Changed(change) if change.topic != Topic::Instances => {}
            News::Changed(_) | News::Missed => wake.notify_one(),
        }
    }
}
