//! Intents whose instance has ended are ended with it; this looks for those that were not, whatever stopped them: an older release, a
//! process that died, another way to the end.

use std::time::Duration;

use crate::error::Result;
use crate::features::instances::Instances;
use crate::features::instances::store::operations;
use crate::plumbing::background::{Rhythm, Round, Task};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::SystemReason;

const EVERY: Duration = Duration::from_secs(60);

pub fn task(instances: Instances) -> Task {
    let rounds = move |_| {
        let instances = instances.clone();
        async move {
            end_left_over(&instances).await?;
            Ok(Round::Idle)
        }
    };
    Task::rounds(
        "open_intents",
        &[ServerRole::Orchestrator],
        Rhythm::every(EVERY),
        rounds,
    )
}

async fn end_left_over(instances: &Instances) -> Result<()> {
    let mut tx = instances.core.db.system(SystemReason::InstanceReconciler).await?;
    let ended = operations::end_of_ended(&mut tx, None, instances.core.clock.now()).await?;
    tx.commit().await?;
    if ended > 0 {
        tracing::warn!(
            ended,
            "operations at providers were still open although their instances had ended"
        );
    }
    Ok(())
}
