//! The transactions of one workspace: for reading it, and for changing it.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::Db;
use super::held::Held;
use crate::error::{Error, Result};
use crate::ids::NewOrganizationId;
use crate::operation::{Authorized, Operation, Proven, RequestContext, UserId, Workspace};
use crate::permissions::{Policies, Role};
use crate::secrets::MasterSecret;

/// A transaction that sees one workspace: what store functions demand that only look. It is part of a [`ReadTx`] or a [`WriteTx`],
/// both of which coerce to it, and never comes alone; so a function that takes it can be called in either.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    operation: Operation,
    master: MasterSecret,
    _held: Held,
}

/// For looking only: PostgreSQL refuses to change anything in it. Ends when dropped.
pub struct ReadTx(TenantTx);

/// For changing: what store functions demand that change or lock something. Session and membership were read again and are locked until
/// the end (or nothing of the kind exists yet: the person is signing in). Rolls back unless committed.
pub struct WriteTx(TenantTx);

/// Where a transaction was before it went to found an organization.
#[must_use]
pub struct Origin(Workspace);

impl Db {
    /// For reading. Rights may be up to one request old.
    pub async fn read(&self, authorized: &Authorized<'_>) -> Result<ReadTx> {
        let held = Held::take();
        let tx = super::begin_reading(&self.app).await?;
        TenantTx::of(tx, authorized.operation().clone(), self.master.clone(), held)
            .await
            .map(ReadTx)
    }

    /// For changing: session and membership are read again and stay locked until the end of the transaction, so a demotion
    /// either is seen here or waits for this write.
    ///
    /// # Errors
    /// 401 when the session ended, 409 `workspace_changed` when it moved, 403 when the permission was lost meanwhile.
    pub async fn write(&self, authorized: &Authorized<'_>) -> Result<WriteTx> {
        let tx = self.unchecked(authorized.operation().clone()).await?;
        tx.checked_again(authorized).await
    }

    /// For changing the organization itself or who belongs to it: its row is locked before anything else, so that such changes
    /// take turns and see each other. Then as [`Db::write`].
    ///
    /// Whoever changes memberships locks in this order: organization, sessions, memberships. Everybody else's writes hold their
    /// session before their membership and only a key-share of the organization, so nobody waits in a circle.
    pub async fn write_to_organization(&self, authorized: &Authorized<'_>) -> Result<WriteTx> {
        let mut tx = self.unchecked(authorized.operation().clone()).await?;
        if let Some(id) = authorized.workspace.organization_id() {
            sqlx::query!(
                "SELECT 1 AS locked FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
                id
            )
            .fetch_optional(tx.conn())
            .await?;
        }
        tx.checked_again(authorized).await
    }

    /// For changing the person's own account or sessions: all of them are locked first and wholly, in the order that everybody
    /// keeps to, so that such changes take turns. Two that shared these rows before changing them would wait for each other.
    /// Then as [`Db::write`].
    pub async fn write_to_account(&self, authorized: &Authorized<'_>) -> Result<WriteTx> {
        let tx = self.unchecked(authorized.operation().clone()).await?;
        tx.with_account(authorized).await
    }

    /// As [`Db::write_to_account`], for taking the session into an organization: with the person's role there, none for who is no member.
    /// The organization is locked before the sessions, as everybody does who changes its members; these stay as they are until the end.
    pub async fn write_to_account_entering(
        &self,
        authorized: &Authorized<'_>,
        organization: Uuid,
    ) -> Result<(WriteTx, Option<Role>)> {
        let mut tx = self.unchecked(authorized.operation().clone()).await?;
        let role = sqlx::query_scalar!(r#"SELECT tenancy.lock_own_role($1) AS "role: Role""#, organization)
            .fetch_one(tx.conn())
            .await?;
        Ok((tx.with_account(authorized).await?, role))
    }

    /// For a person who just proved who they are, before the session that will carry every later operation exists.
    pub async fn for_signing_in(&self, person: Proven<UserId>, request: &RequestContext) -> Result<WriteTx> {
        self.unchecked(Operation::without_session(person, request.clone()))
            .await
    }

    /// A write in which nothing was read again yet.
    async fn unchecked(&self, operation: Operation) -> Result<WriteTx> {
        let held = Held::take();
        let tx = super::begin(&self.app).await?;
        TenantTx::of(tx, operation, self.master.clone(), held)
            .await
            .map(WriteTx)
    }
}

impl WriteTx {
    async fn with_account(mut self, authorized: &Authorized<'_>) -> Result<Self> {
        sqlx::query!(
            "SELECT id FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id FOR UPDATE",
            authorized.user_id
        )
        .fetch_all(self.conn())
        .await?;
        sqlx::query!(
            "SELECT 1 AS locked FROM users WHERE id = $1 FOR NO KEY UPDATE",
            authorized.user_id
        )
        .fetch_optional(self.conn())
        .await?;
        self.checked_again(authorized).await
    }
}

impl TenantTx {
    async fn of(
        tx: Transaction<'static, Postgres>,
        operation: Operation,
        master: MasterSecret,
        held: Held,
    ) -> Result<Self> {
        let mut tx = Self {
            tx,
            operation,
            master,
            _held: held,
        };
        tx.apply_settings().await?;
        Ok(tx)
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    pub fn master(&self) -> MasterSecret {
        self.master.clone()
    }

    /// See [`Operation::tenants`]; every query on an owned or child table names them, with row-level security behind.
    pub fn tenants(&self) -> Vec<uuid::Uuid> {
        self.operation.tenants()
    }

    async fn act_as(&mut self, workspace: Workspace, policies: Policies) -> Result<()> {
        self.operation = self.operation.clone().with_rights(workspace, policies);
        self.apply_settings().await
    }

    /// Tells PostgreSQL who asks, for this transaction only.
    async fn apply_settings(&mut self) -> Result<()> {
        let operation = &self.operation;
        let user = operation.user_id.to_string();
        let organization = operation
            .workspace
            .organization_id()
            .map(|id| id.to_string())
            .unwrap_or_default();
        let personal = if organization.is_empty() { user.as_str() } else { "" };
        let platform = if operation.workspace.is_platform_admin() {
            "on"
        } else {
            ""
        };
        sqlx::query!(
            "SELECT set_config('inventiv.user_id', $1, true) AS a, set_config('inventiv.organization_id', $2, true) AS b,
                set_config('inventiv.personal_user_id', $3, true) AS c, set_config('inventiv.platform', $4, true) AS d",
            user,
            organization,
            personal,
            platform,
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl WriteTx {
    /// Moves the transaction into an organization that it is about to found: nobody else can know its id yet.
    pub async fn enter_workspace_of_new_organization(&mut self, id: &NewOrganizationId) -> Result<Origin> {
        let (origin, policies) = (self.operation.workspace, self.operation.policies);
        let founded = Workspace::Organization {
            id: id.get(),
            role: Role::Owner,
        };
        self.act_as(founded, policies).await?;
        Ok(Origin(origin))
    }

    /// Back to the workspace that the operation came from, after founding.
    pub async fn return_to_workspace(&mut self, origin: Origin) -> Result<()> {
        let policies = self.operation.policies;
        self.act_as(origin.0, policies).await
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.0.tx.commit().await?)
    }

    async fn checked_again(mut self, authorized: &Authorized<'_>) -> Result<Self> {
        let tx = &mut self.0;
        let (workspace, policies) = lock_actor(&mut tx.tx, &tx.operation).await?;
        if (tx.operation.workspace, tx.operation.policies) != (workspace, policies) {
            // A platform admin who no longer is one must not keep the platform's rows for this last transaction.
            tx.act_as(workspace, policies).await?;
        }
        tx.operation.require(authorized.permission())?;
        Ok(self)
    }
}

impl Deref for ReadTx {
    type Target = TenantTx;

    fn deref(&self) -> &TenantTx {
        &self.0
    }
}

impl DerefMut for ReadTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.0
    }
}

impl Deref for WriteTx {
    type Target = TenantTx;

    fn deref(&self) -> &TenantTx {
        &self.0
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.0
    }
}

/// Reads session, person and membership of the operation again and locks them until the end of the transaction.
pub(super) async fn lock_actor(conn: &mut PgConnection, operation: &Operation) -> Result<(Workspace, Policies)> {
    let actor = sqlx::query!(
        r#"SELECT platform_role AS "platform_role!", organization_id, organization_role, members_can_create_keys FROM auth.lock_actor($1, $2)"#,
        operation.session_id,
        operation.request.now,
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(Error::unauthenticated)?;
    // A membership that ended leaves the person: the session still points at the organization, the rights are Personal's.
    let role = actor.organization_role.as_deref().and_then(Role::parse);
    let workspace = match (actor.organization_id, role) {
        (Some(id), Some(role)) => Workspace::Organization { id, role },
        _ => Workspace::Personal {
            platform_admin: actor.platform_role == "admin",
        },
    };
    if workspace.organization_id() != operation.workspace.organization_id() {
        return Err(Error::workspace_changed());
    }
    let policies = Policies {
        members_can_create_keys: actor.members_can_create_keys.unwrap_or(false),
    };
    Ok((workspace, policies))
}
