//! How the platform changes the catalogue: two transactions, one entry in its audit chain.

use axum::http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::ids::PLATFORM;
use crate::operation::Authorized;
use crate::plumbing::db::{SystemReason, SystemTx, TenantTx};
use crate::plumbing::edge::idempotency::{Answer, Attempt};
use crate::plumbing::events::{self, Topic};

/// A change of the catalogue under way: the platform's transaction writes, while the admin's own keeps session and role locked
/// until the change is committed, so that a demotion comes before or after it, never in between.
pub(super) struct Administration {
    pub admin: TenantTx,
    pub platform: SystemTx,
}

impl Administration {
    pub async fn begin(app: &App, authorized: &Authorized<'_>) -> Result<Self> {
        let admin = app.db.write(authorized).await?;
        let platform = app.db.system(SystemReason::CatalogAdministration).await?;
        Ok(Self { admin, platform })
    }

    pub async fn finish(mut self, act: Act<'_>, id: Uuid) -> Result<TenantTx> {
        audit::record_by(&mut self.platform, self.admin.operation(), PLATFORM, act).await?;
        events::notify(self.platform.conn(), Topic::Catalog, PLATFORM, id).await?;
        self.platform.commit().await?;
        Ok(self.admin)
    }
}

/// Adds a row once per idempotency key. The answer is kept in a second transaction; should the program die between both, the
/// repeated request finds its code taken instead of adding a second row.
pub(super) struct Addition<'a> {
    attempt: &'a Attempt<'a>,
    pub administration: Administration,
}

pub(super) enum Begun<'a> {
    Replayed(Answer),
    New(Box<Addition<'a>>),
}

impl<'a> Addition<'a> {
    pub async fn begin(app: &App, authorized: &Authorized<'_>, attempt: &'a Attempt<'a>) -> Result<Begun<'a>> {
        let mut administration = Administration::begin(app, authorized).await?;
        Ok(match attempt.replay(&mut administration.admin).await? {
            Some(answer) => Begun::Replayed(answer),
            None => Begun::New(Box::new(Addition {
                attempt,
                administration,
            })),
        })
    }

    pub async fn finish(
        self,
        action: &'static str,
        target: &'static str,
        id: Uuid,
        after: &Value,
        body: impl AsyncFnOnce(&mut TenantTx) -> Result<Value>,
    ) -> Result<Answer> {
        let act = Act::new(action, target, id).after(after);
        let mut admin = self.administration.finish(act, id).await?;
        let answer = Answer {
            status: StatusCode::CREATED,
            body: body(&mut admin).await?,
        };
        self.attempt.keep(&mut admin, &answer, None).await?;
        admin.commit().await?;
        Ok(answer)
    }
}
