//! The transaction of the platform itself.

use sqlx::{PgConnection, Postgres, Transaction};

use super::Db;
use super::held::Held;
use super::tenant_tx::lock_actor;
use crate::error::Result;
use crate::operation::{Authorized, Operation};
use crate::secrets::MasterSecret;

/// Why something reaches across tenants. The list is the review: a new reason is a new line here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemReason {
    /// First start: the admin's account, the bootstrap organization.
    Bootstrap,
    /// The catalogue that ships with the program.
    CatalogSeed,
    /// A platform admin changes the global catalogue.
    CatalogAdministration,
    /// Accounts made, changed and closed by those who may.
    AccountAdministration,
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
    /// Somebody who is in no workspace yet joins one, with the link that was mailed to them.
    InvitationAcceptance,
    /// Mails on their way out of the outbox.
    MailDelivery,
    /// Which replica does what one replica is enough for.
    BackgroundLease,
    /// Jobs on their way through the queue, and the platform's look at them.
    Jobs,
    /// Rows past their time: sessions, idempotency keys, partitions ahead.
    Housekeeping,
    /// Heads of the audit log's chains, on their way into the register.
    AuditRegister,
    /// Commands of the operator: `inventiv admin …`, `audit verify`, sample data.
    OperatorCommand,
}

/// A transaction across tenants, for one named reason. Rolls back unless committed.
pub struct SystemTx {
    tx: Transaction<'static, Postgres>,
    reason: SystemReason,
    master: MasterSecret,
    _held: Held,
}

/// A [`SystemTx`] that changes nothing and sees one moment: what is read piece by piece fits together.
pub struct Snapshot(SystemTx);

impl Snapshot {
    pub fn tx(&mut self) -> &mut SystemTx {
        &mut self.0
    }
}

impl Db {
    pub async fn system(&self, reason: SystemReason) -> Result<SystemTx> {
        let held = Held::take();
        Ok(self.system_tx(super::begin(&self.system).await?, reason, held))
    }

    /// For looking only, at one moment of the database however long it takes and whoever writes meanwhile.
    pub async fn system_snapshot(&self, reason: SystemReason) -> Result<Snapshot> {
        let held = Held::take();
        let tx = super::begin_snapshot(&self.system).await?;
        Ok(Snapshot(self.system_tx(tx, reason, held)))
    }

    fn system_tx(&self, tx: Transaction<'static, Postgres>, reason: SystemReason, held: Held) -> SystemTx {
        SystemTx {
            tx,
            reason,
            master: self.master.clone(),
            _held: held,
        }
    }
}

impl SystemTx {
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// For what a person does across tenants: reads session, person and membership again and holds them until the end of the
    /// transaction, as [`Db::write`] does.
    ///
    /// # Errors
    /// 401 when the session ended, 409 `workspace_changed` when it moved, 403 when the permission was lost meanwhile.
    pub async fn act_for(&mut self, authorized: &Authorized<'_>) -> Result<Operation> {
        let (workspace, policies) = lock_actor(&mut self.tx, authorized.operation()).await?;
        let operation = authorized.operation().clone().with_rights(workspace, policies);
        operation.require(authorized.permission())?;
        Ok(operation)
    }

    pub fn master(&self) -> MasterSecret {
        self.master.clone()
    }

    pub fn reason(&self) -> SystemReason {
        self.reason
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}
