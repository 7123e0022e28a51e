//! The end of the program: running requests may finish, up to a point.

use std::time::Duration;

use super::Gateway;
use crate::error::Result;
use crate::plumbing::background::{Run, Task};
use crate::plumbing::config::ServerRole;

/// What is kept of the grace for settling and shipping.
const RESERVE: Duration = Duration::from_secs(2);

/// Waits for the end of the program, then for the requests, then cuts those that still run.
pub fn task(gateway: Gateway) -> Task {
    let roles = &[ServerRole::Api, ServerRole::Gateway];
    Task::follower("request_drain", roles, move |run| cut_at_the_end(gateway.clone(), run))
}

async fn cut_at_the_end(gateway: Gateway, run: Run) -> Result<()> {
    run.ending().await;
    let grace = Duration::from_secs(gateway.0.core.config.shutdown_grace);
    gateway.0.usage.settling().close();
    if tokio::time::timeout(grace.saturating_sub(RESERVE), gateway.0.usage.settling().wait())
        .await
        .is_err()
    {
        tracing::warn!(
            requests = gateway.0.usage.settling().len(),
            "inference requests are cut at the end of the grace"
        );
        gateway.0.cut.cancel();
    }
    Ok(())
}
