//! How the platform changes the catalogue: in one transaction with the entry in its audit chain and, for what is added, the answer
//! kept for a repeated request.

use serde_json::Value;
use uuid::Uuid;

use super::super::store;
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::features::catalog::Catalog;
use crate::ids::PLATFORM;
use crate::operation::{Authorized, Operation};
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::events::{self, Topic};

/// A change of the catalogue under way: one at a time, so that what it saw is what it changes.
pub(super) struct Administration {
    pub tx: SystemTx,
    actor: Operation,
}

impl Administration {
    pub async fn begin(catalog: &Catalog, authorized: &Authorized<'_>) -> Result<Self> {
        let mut tx = catalog.core.db.system(SystemReason::CatalogAdministration).await?;
        store::take_turns(&mut tx).await?;
        let actor = tx.act_for(authorized).await?;
        Ok(Self { tx, actor })
    }

    pub async fn finish(mut self, act: Act<'_>, id: Uuid) -> Result<()> {
        audit::record_by(&mut self.tx, &self.actor, PLATFORM, act).await?;
        events::notify(self.tx.conn(), Topic::Catalog, PLATFORM, id).await?;
        self.tx.commit().await
    }
}

/// Adds a row once per idempotency key.
pub(super) struct Addition<'a> {
    attempt: &'a Attempt<'a>,
    administration: Administration,
}

pub(super) enum Begun<'a> {
    Replayed(FirstAnswer),
    New(Box<Addition<'a>>),
}

impl<'a> Addition<'a> {
    pub async fn begin(catalog: &Catalog, authorized: &Authorized<'_>, attempt: &'a Attempt<'a>) -> Result<Begun<'a>> {
        let mut administration = Administration::begin(catalog, authorized).await?;
        let Administration { tx, actor } = &mut administration;
        Ok(match attempt.replay_for(tx.conn(), actor).await? {
            Some(answer) => Begun::Replayed(answer),
            None => Begun::New(Box::new(Addition {
                attempt,
                administration,
            })),
        })
    }

    pub fn tx(&mut self) -> &mut SystemTx {
        &mut self.administration.tx
    }

    /// `body`: the row as it is shown.
    pub async fn finish(mut self, act: Act<'_>, id: Uuid, body: Value) -> Result<FirstAnswer> {
        let answer = FirstAnswer::created(body);
        let Administration { tx, actor } = &mut self.administration;
        self.attempt.keep_for(tx.conn(), actor, &answer, None).await?;
        self.administration.finish(act, id).await?;
        Ok(answer)
    }
}
