//! The transaction of one workspace.

use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::Db;
use crate::error::{Error, Result};
use crate::operation::{Authorized, Operation, RequestContext, Workspace};
use crate::permissions::{Policies, Role};

/// A transaction that sees one workspace: what store functions demand. Made only from an authorized operation (or for a person
/// who just proved who they are). Rolls back unless committed.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    operation: Operation,
    /// The operation's rights were read again under lock, so that no write commits after a demotion did.
    locked: bool,
}

impl Db {
    /// For reading. Rights may be up to one request old.
    pub async fn read(&self, authorized: &Authorized<'_>) -> Result<TenantTx> {
        TenantTx::open(self, authorized.operation().clone(), false).await
    }

    /// For changing: session and membership are read again and stay locked until the end of the transaction, so a demotion
    /// either is seen here or waits for this write.
    ///
    /// # Errors
    /// 401 when the session ended, 409 `workspace_changed` when it moved, 403 when the permission was lost meanwhile.
    pub async fn write(&self, authorized: &Authorized<'_>) -> Result<TenantTx> {
        let mut tx = TenantTx::open(self, authorized.operation().clone(), true).await?;
        tx.check_again(authorized).await?;
        Ok(tx)
    }

    /// For changing the organization itself or who belongs to it: its row is locked before anything else, so that such changes
    /// take turns and see each other. Then as [`Db::write`].
    ///
    /// Whoever changes memberships locks in this order: organization, sessions, memberships. Everybody else's writes hold their
    /// session before their membership and only a key-share of the organization, so nobody waits in a circle.
    pub async fn write_to_organization(&self, authorized: &Authorized<'_>) -> Result<TenantTx> {
        let mut tx = TenantTx::open(self, authorized.operation().clone(), true).await?;
        if let Some(id) = authorized.workspace.organization_id() {
            sqlx::query!(
                "SELECT 1 AS locked FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
                id
            )
            .fetch_optional(tx.conn())
            .await?;
        }
        tx.check_again(authorized).await?;
        Ok(tx)
    }

    /// For changing the person's own account or sessions: all of them are locked first and wholly, in the order that everybody
    /// keeps to, so that such changes take turns. Two that shared these rows before changing them would wait for each other.
    /// Then as [`Db::write`].
    pub async fn write_to_account(&self, authorized: &Authorized<'_>) -> Result<TenantTx> {
        let mut tx = TenantTx::open(self, authorized.operation().clone(), true).await?;
        sqlx::query!(
            "SELECT id FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id FOR UPDATE",
            authorized.user_id
        )
        .fetch_all(tx.conn())
        .await?;
        sqlx::query!(
            "SELECT 1 AS locked FROM users WHERE id = $1 FOR NO KEY UPDATE",
            authorized.user_id
        )
        .fetch_optional(tx.conn())
        .await?;
        tx.check_again(authorized).await?;
        Ok(tx)
    }

    /// For a person who just signed in, before the session that will carry every later operation exists.
    pub async fn for_signing_in(&self, user_id: Uuid, request: &RequestContext) -> Result<TenantTx> {
        let operation = Operation {
            user_id,
            session_id: Uuid::nil(),
            workspace: Workspace::Personal { platform_admin: false },
            policies: Policies::default(),
            authenticated_at: request.now,
            request: request.clone(),
        };
        TenantTx::open(self, operation, true).await
    }
}

impl TenantTx {
    async fn open(db: &Db, operation: Operation, locked: bool) -> Result<Self> {
        let mut tx = super::begin(&db.app).await?;
        apply_settings(&mut tx, &operation).await?;
        Ok(Self { tx, operation, locked })
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// See [`Operation::tenants`]; every query on an owned or child table names them, with row-level security behind.
    pub fn tenants(&self) -> Vec<Uuid> {
        self.operation.tenants()
    }

    /// Whether this transaction may change things; asserted where it matters (audit).
    pub fn is_for_writing(&self) -> bool {
        self.locked
    }

    /// Moves the transaction into an organization that it is about to found: nobody else can know its id yet.
    pub async fn enter_workspace_of_new_organization(&mut self, id: Uuid) -> Result<()> {
        self.operation.workspace = Workspace::Organization { id, role: Role::Owner };
        apply_settings(&mut self.tx, &self.operation).await
    }

    /// Back to the workspace that the operation came from, after founding.
    pub async fn return_to_workspace(&mut self, origin: Workspace) -> Result<()> {
        self.operation.workspace = origin;
        apply_settings(&mut self.tx, &self.operation).await
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }

    async fn check_again(&mut self, authorized: &Authorized<'_>) -> Result<()> {
        let (workspace, policies) = lock_actor(&mut self.tx, &self.operation).await?;
        self.operation.policies = policies;
        if self.operation.workspace != workspace {
            // A platform admin who no longer is one must not keep the platform's rows for this last transaction.
            self.operation.workspace = workspace;
            apply_settings(&mut self.tx, &self.operation).await?;
        }
        self.operation.require(authorized.permission())?;
        Ok(())
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

/// Tells PostgreSQL who asks, for this transaction only.
async fn apply_settings(tx: &mut Transaction<'static, Postgres>, operation: &Operation) -> Result<()> {
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
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}
