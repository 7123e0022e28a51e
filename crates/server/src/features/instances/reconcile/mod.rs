//! The loop that moves instances along. Any number of processes may run it at once.

mod crash;
mod effects;
mod probe;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::error::Result;
use crate::features::instances::Instances;
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
pub async fn run(instances: Instances) {
    let owner = format!("{}/{}", std::process::id(), new_id());
    let wake = Arc::new(Notify::new());
    let mut background = JoinSet::new();
    background.spawn(listen(instances.clone(), Arc::clone(&wake)));
    while let Err(error) = instances.clouds.open(&instances.core.config).await {
        tracing::error!(error = format!("{error:#}"), "no provider can be asked yet");
        tokio::select! {
            () = instances.core.shutdown.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    let mut visits: JoinSet<()> = JoinSet::new();
    while !instances.core.shutdown.is_cancelled() {
        while visits.try_join_next().is_some() {}
        let mut pause = POLL;
        if visits.len() < VISITS {
            match claim(&instances, &owner, VISITS - visits.len()).await {
                Ok(leases) => leases.into_iter().for_each(|lease| {
                    visits.spawn(visit::visit(instances.clone(), lease));
                }),
                Err(error) => {
                    tracing::error!(%error, "looking for due instances failed");
                    pause = PAUSE;
                }
            }
        }
        tokio::select! {
            () = instances.core.shutdown.cancelled() => {}
            () = wake.notified() => {}
            Some(_) = visits.join_next(), if !visits.is_empty() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    while visits.join_next().await.is_some() {}
}

async fn claim(instances: &Instances, owner: &str, room: usize) -> Result<Vec<Lease>> {
    let mut tx = instances.core.db.system(SystemReason::InstanceReconciler).await?;
    let limit = i64::try_from(room).unwrap_or(1);
    let leases = lease::claim(&mut tx, owner, limit, instances.core.clock.now()).await?;
    tx.commit().await?;
    Ok(leases)
}

/// Many notifications become one wake-up.
async fn listen(instances: Instances, wake: Arc<Notify>) {
    let mut subscription = instances.core.events.subscribe();
    while let Some(news) = subscription.next().await {
        match news {
            News::Changed(change) if change.topic != Topic::Instances => {}
            News::Changed(_) | News::Missed => wake.notify_one(),
        }
    }
}
