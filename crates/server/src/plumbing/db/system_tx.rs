//! The transaction of the platform itself.

use sqlx::{PgConnection, Postgres, Transaction};

use super::Db;
use crate::error::Result;

/// Why something reaches across tenants. The list is the review: a new reason is a new line here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemReason {
    /// First start: the admin's account, the bootstrap organization.
    Bootstrap,
    /// The catalogue that ships with the program.
    CatalogSeed,
    /// A platform admin changes the global catalogue.
    CatalogAdministration,
    /// Reconcilers move instances along and keep their costs.
    InstanceReconciler,
    /// A worker reports, authenticated by its own token.
    WorkerReport,
    /// The gateway's routing table.
    RoutingTable,
    /// Usage events on their way from the journal to the table.
    Metering,
    /// When keys were last used.
    KeyUsage,
    /// Somebody wants a new password: is there such an account?
    PasswordReset,
    /// Mails on their way out of the outbox.
    MailDelivery,
    /// Rows past their time: sessions, idempotency keys, partitions ahead.
    Housekeeping,
    /// Commands of the operator: `inventiv admin …`, `audit verify`, sample data.
    OperatorCommand,
}

/// A transaction across tenants, for one named reason. Rolls back unless committed.
pub struct SystemTx {
    tx: Transaction<'static, Postgres>,
    reason: SystemReason,
}

impl Db {
    pub async fn system(&self, reason: SystemReason) -> Result<SystemTx> {
        Ok(SystemTx {
            tx: self.system.begin().await?,
            reason,
        })
    }
}

impl SystemTx {
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub fn reason(&self) -> SystemReason {
        self.reason
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}
