//! Moves instances along. Any number of processes may do so at once.

mod crash;
mod effects;
mod intents;
mod probe;
mod visit;

use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use crate::core::Core;
use crate::error::{Error, Result};
use crate::features::instances::Instances;
use crate::features::instances::store::lease::{self, Lease};
use crate::ids::new_id;
use crate::plumbing::background::{Run, Task};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::SystemReason;
use crate::plumbing::events::{News, Subscription, Topic};

/// How often instances that are due are looked for, notified or not.
const POLL: Duration = Duration::from_millis(250);
/// Visits at the same time; each may use a database connection.
const VISITS: usize = 4;
/// After the database failed.
const PAUSE: Duration = Duration::from_secs(1);
const TASK: &str = "instances";
/// Rounds come several times a second.
const LONGEST_SILENCE: chrono::Duration = chrono::Duration::seconds(60);
/// While no provider can be asked.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Instances that nobody looks after are what an orchestrator is there to prevent.
pub fn report(core: &Core) {
    let (board, clock) = (core.board.clone(), core.clock.clone());
    core.readiness.part(TASK, &[ServerRole::Orchestrator], move || {
        let last = board.last_success(TASK);
        let is_late = last.is_some_and(|at| clock.now() - at > LONGEST_SILENCE);
        std::future::ready(match is_late {
            true => Err("No instance could be looked at for a minute."),
            false => Ok(()),
        })
    });
}

pub fn tasks(instances: &Instances) -> [Task; 2] {
    [visits(instances.clone()), intents::task(instances.clone())]
}

fn visits(instances: Instances) -> Task {
    let roles = &[ServerRole::Orchestrator];
    Task::follower(TASK, roles, move |run| reconcile(instances.clone(), run)).back_within(LONGEST_PAUSE)
}

/// Runs until the program stops. What it holds then is given back, or free again when its leases run out.
async fn reconcile(instances: Instances, run: Run) -> Result<()> {
    let owner = format!("{}/{}", std::process::id(), new_id());
    instances
        .clouds
        .open(&instances.core.config)
        .await
        .map_err(Error::internal)?;
    let mut visits: JoinSet<()> = JoinSet::new();
    while !run.is_ending() {
        // Before the look: what changes during it is seen by the next one, and many changes at once are one.
        let mut news = instances.core.events.subscribe();
        let mut pause = POLL;
        if visits.len() < VISITS {
            match claim(&instances, &owner, VISITS - visits.len()).await {
                Ok(leases) => {
                    run.works();
                    for lease in leases {
                        visits.spawn(visit::visit(instances.clone(), lease));
                    }
                }
                Err(error) => {
                    run.fails(&error);
                    pause = PAUSE;
                }
            }
        }
        tokio::select! {
            () = run.ending() => {}
            () = instances_change(&mut news) => {}
            Some(visited) = visits.join_next(), if !visits.is_empty() => note(&run, visited),
            () = tokio::time::sleep(pause) => {}
        }
    }
    while let Some(visited) = visits.join_next().await {
        note(&run, visited);
    }
    Ok(())
}

/// A visit that panicked is one instance's trouble: its lease runs out, and it is visited again.
fn note(run: &Run, visited: Result<(), JoinError>) {
    if let Err(error) = visited {
        run.fails(&Error::internal(
            anyhow::Error::new(error).context("a visit to an instance"),
        ));
    }
}

async fn claim(instances: &Instances, owner: &str, room: usize) -> Result<Vec<Lease>> {
    let mut tx = instances.core.db.system(SystemReason::InstanceReconciler).await?;
    let limit = i64::try_from(room).unwrap_or(1);
    let leases = lease::claim(&mut tx, owner, limit, instances.core.clock.now()).await?;
    tx.commit().await?;
    Ok(leases)
}

async fn instances_change(news: &mut Subscription) {
    loop {
        match news.next().await {
            Some(News::Changed(change)) if change.topic != Topic::Instances => {}
            Some(News::Changed(_) | News::Missed) => return,
            None => std::future::pending().await,
        }
    }
}
