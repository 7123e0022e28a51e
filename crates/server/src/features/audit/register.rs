//! The register of all chains. Appending doesn't wait for it: it follows within seconds, so a chain or its end that vanishes after
//! that is missed. It takes in only what is sealed and goes on from what it knows; nothing that was put back gets in.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::seals::{Register, Seals};
use super::store;
use crate::error::{Error, Result};
use crate::plumbing::background::{Rhythm, Round, Task};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::{SystemReason, SystemTx};

const EVERY: std::time::Duration = std::time::Duration::from_secs(5);
/// Chains taken in by one transaction.
const BATCH: i64 = 5_000;

/// What one round came to.
struct Kept {
    refused: usize,
    more: bool,
}

impl super::Audit {
    pub(super) fn register_task(&self) -> Task {
        let audit = self.clone();
        let rhythm = Rhythm::every(EVERY).on_one_replica().once_more_at_the_end();
        Task::rounds("audit_register", &[ServerRole::Orchestrator], rhythm, move |_| {
            let audit = audit.clone();
            async move {
                match audit.keep_register_once().await? {
                    true => Ok(Round::More),
                    false => Ok(Round::Idle),
                }
            }
        })
    }

    /// Brings the register up to date.
    ///
    /// # Errors
    /// A chain, or the register, is not as this installation left it: `inventiv audit verify` says which and how.
    pub async fn keep_register(&self) -> Result<()> {
        while self.keep_register_once().await? {}
        Ok(())
    }

    async fn keep_register_once(&self) -> Result<bool> {
        let mut tx = self.core.db.system(SystemReason::AuditRegister).await?;
        let kept = keep(&mut tx, self.core.clock.now()).await?;
        tx.commit().await?;
        if kept.refused > 0 {
            return Err(Error::internal(anyhow::anyhow!(
                "{} chains of the audit log are not as they were left; `inventiv audit verify` says where",
                kept.refused
            )));
        }
        Ok(kept.more)
    }
}

async fn keep(tx: &mut SystemTx, now: DateTime<Utc>) -> Result<Kept> {
    let seals = Seals::new(&tx.master());
    let known = store::lock_register(tx).await?;
    let Some((mut register, _)) = known.filter(|(register, seal)| seals.holds_register(register, seal)) else {
        return Err(Error::internal(anyhow::anyhow!(
            "the register of the audit log is not as it was left; `inventiv audit verify` says more"
        )));
    };
    let moved = store::moved_chains(tx, BATCH).await?;
    if seals.latest_seen(moved.iter().map(|chain| &chain.sealed)) > register.number {
        // Going on would hide it: soon the numbers would be as high again.
        return Err(Error::internal(anyhow::anyhow!(
            "an older register of the audit log was put back; `inventiv audit verify` says more"
        )));
    }
    let looked_at = moved.len();
    let mut taken = Vec::new();
    for chain in moved {
        if seals.may_follow(chain.known.as_ref(), chain.still.as_deref(), &chain.sealed) {
            register.take(&seals, chain.known.as_ref(), &chain.sealed.head);
            taken.push(chain.sealed.head);
        }
    }
    if !taken.is_empty() {
        register.number += 1;
        register.kept_at = register.kept_at.max(now);
        store::put_registered(tx, &taken).await?;
        store::put_register(tx, &register, &seals.of_register(&register)).await?;
    }
    Ok(Kept {
        refused: looked_at - taken.len(),
        more: !taken.is_empty() && i64::try_from(looked_at).is_ok_and(|looked_at| looked_at == BATCH),
    })
}

/// Seals every head where it is and begins the register with them: when the installation gets its master secret.
pub async fn seal_all(tx: &mut SystemTx, now: DateTime<Utc>) -> Result<()> {
    let seals = Seals::new(&tx.master());
    let number = store::lock_register(tx)
        .await?
        .map_or(0, |(register, _)| register.number);
    let heads = store::lock_heads(tx).await?;
    let mut register = Register::empty(number + 1, now);
    let mut sealed: Vec<(Uuid, [u8; 32])> = Vec::new();
    for head in &heads {
        register.take(&seals, None, head);
        sealed.push((head.tenant, seals.of_head(head, register.number)));
    }
    store::put_seals(tx, register.number, &sealed).await?;
    store::forget_registered(tx).await?;
    store::put_registered(tx, &heads).await?;
    store::put_register(tx, &register, &seals.of_register(&register)).await
}
