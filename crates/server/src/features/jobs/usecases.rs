//! Looking at what is queued, and trying again what was given up.

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::store::{self, QueuedRow, State};
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::ids::PLATFORM;
use crate::operation::Authorized;
use crate::plumbing::db::SystemReason;
use crate::plumbing::edge::paging::Paging;
use crate::plumbing::jobs as queue;

pub async fn list(
    jobs: &Jobs,
    authorized: Authorized<'_>,
    state: Option<State>,
    paging: &Paging,
) -> Result<Vec<QueuedRow>> {
    let mut tx = jobs.core.db.system(SystemReason::Jobs).await?;
    tx.act_for(&authorized).await?;
    store::page(&mut tx, state, paging).await
}

/// # Errors
/// 404; 409 `not_dead` for what was not given up, `mail_forgotten` for a mail, `already_queued` when another job that does the same
/// waits.
pub async fn retry(jobs: &Jobs, authorized: Authorized<'_>, id: Uuid) -> Result<QueuedRow> {
    let mut tx = jobs.core.db.system(SystemReason::Jobs).await?;
    let actor = tx.act_for(&authorized).await?;
    let found = store::get(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    if found.state != State::Dead {
        return Err(not_dead());
    }
    if !found.can_be_retried {
        return Err(Error::conflict(
            ErrorCode::MailForgotten,
            "What a mail said is forgotten once it is given up: cause it again instead.",
        ));
    }
    // Somebody else may have done so a moment ago.
    if !queue::retry(&mut tx, id, actor.request.now).await? {
        return Err(not_dead());
    }
    let before = json!({"kind": found.kind, "attempts": found.attempts, "last_error": found.last_error});
    audit::record_by(
        &mut tx,
        &actor,
        PLATFORM,
        Act::new("job.retry", "job", id).before(&before),
    )
    .await?;
    queue::announce(tx.conn(), id).await?;
    let retried = store::get(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(retried)
}

fn not_dead() -> Error {
    Error::conflict(ErrorCode::NotDead, "Only what was given up can be retried.")
}
