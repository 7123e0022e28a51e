//! Who acts, in which workspace, with what rights. Every use case is given an [`Authorized`] operation; only
//! [`Operation::require`] makes one, and only an authorized operation opens a transaction.
//!
//! An [`Operation`] can be read by everybody and made by few: whoever looked a session up, and the transactions that read its
//! rights again. A person without a session is [`Proven`] by what was checked. Which files may do either is a list in
//! `tests/architecture/proofs.rs`.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::PLATFORM;
use crate::permissions::{Grant, Permission, Policies, Role, WorkspaceRole, allowed, needs_organization};

/// What can hurt asks for a proof of identity no older than this.
pub const REAUTHENTICATE_AFTER: Duration = Duration::minutes(15);

/// What the edge knows about a request, whoever sent it.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub request_id: Uuid,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// `scheme://authority` under which the caller reaches us: the public URL, or the host it names where none is configured.
    pub origin: String,
    /// The browser's side of the connection is https: cookies are bound to it.
    pub secure: bool,
    pub now: DateTime<Utc>,
}

/// The context of a session: what it sees and what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workspace {
    Personal { platform_admin: bool },
    Organization { id: Uuid, role: Role },
}

impl Workspace {
    pub fn role(self) -> WorkspaceRole {
        match self {
            Workspace::Personal { platform_admin: false } => WorkspaceRole::Personal,
            Workspace::Personal { platform_admin: true } => WorkspaceRole::PlatformAdmin,
            Workspace::Organization { role, .. } => WorkspaceRole::Organization(role),
        }
    }

    pub fn organization_id(self) -> Option<Uuid> {
        match self {
            Workspace::Personal { .. } => None,
            Workspace::Organization { id, .. } => Some(id),
        }
    }

    /// The organization, and the person's role there.
    ///
    /// # Errors
    /// 403 `organization_required` in Personal, naming the permission that was asked for.
    pub fn organization(self, permission: Permission) -> Result<(Uuid, Role)> {
        match self {
            Workspace::Organization { id, role } => Ok((id, role)),
            Workspace::Personal { .. } => Err(Error::organization_required(permission)),
        }
    }

    pub fn is_platform_admin(self) -> bool {
        self == Workspace::Personal { platform_admin: true }
    }
}

/// The id of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserId(pub Uuid);

/// Something that was shown to be so, by the way of proving that made it. Each way names what must have been checked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven<T>(T);

impl Proven<UserId> {
    /// The password was compared with the account's.
    pub fn by_password(user_id: Uuid) -> Self {
        Self(UserId(user_id))
    }

    /// The sign-in that waits for its second step was found by its token, which only the right password gives.
    pub fn by_challenge(user_id: Uuid) -> Self {
        Self(UserId(user_id))
    }

    /// A link that was mailed to the person was found by its token, good until now.
    pub fn by_mailed_link(user_id: Uuid) -> Self {
        Self(UserId(user_id))
    }

    /// A session was found by its token, alive.
    pub fn by_session(user_id: Uuid) -> Self {
        Self(UserId(user_id))
    }

    pub fn user_id(self) -> Uuid {
        self.0.0
    }
}

/// What is known of a session beside whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub session_id: Uuid,
    pub workspace: Workspace,
    pub policies: Policies,
    pub authenticated_at: DateTime<Utc>,
}

/// What an [`Operation`] says.
#[derive(Debug, Clone)]
pub struct Acting {
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub workspace: Workspace,
    pub policies: Policies,
    /// When the person last proved who they are: by signing in, or by confirming it since.
    pub authenticated_at: DateTime<Utc>,
    pub request: RequestContext,
}

/// A signed-in person in a workspace, at one request. Its fields are those of [`Acting`], to be read: there is no way to change one,
/// nor to make an operation but those below.
#[derive(Debug, Clone)]
pub struct Operation(Acting);

impl std::ops::Deref for Operation {
    type Target = Acting;

    fn deref(&self) -> &Acting {
        &self.0
    }
}

impl Operation {
    /// What a session does, whose token was presented or was just given.
    pub fn of_session(person: Proven<UserId>, session: Session, request: RequestContext) -> Self {
        Self(Acting {
            user_id: person.user_id(),
            session_id: session.session_id,
            workspace: session.workspace,
            policies: session.policies,
            authenticated_at: session.authenticated_at,
            request,
        })
    }

    /// What a person does before there is a session: in Personal, with no more rights than everybody's.
    pub fn without_session(person: Proven<UserId>, request: RequestContext) -> Self {
        let session = Session {
            session_id: Uuid::nil(),
            workspace: Workspace::Personal { platform_admin: false },
            policies: Policies::default(),
            authenticated_at: request.now,
        };
        Self::of_session(person, session, request)
    }

    /// The same operation with what a transaction read of its rights.
    pub fn with_rights(self, workspace: Workspace, policies: Policies) -> Self {
        Self(Acting {
            workspace,
            policies,
            ..self.0
        })
    }

    /// The same operation later on, while its stream lasts.
    pub fn at(self, now: DateTime<Utc>) -> Self {
        let request = RequestContext {
            now: now.max(self.request.now),
            ..self.0.request
        };
        Self(Acting { request, ..self.0 })
    }

    /// For tests, of what comes after signing in: an operation that nobody signed in for.
    pub fn made_up_by_a_test(user_id: Uuid, session_id: Uuid, workspace: Workspace, now: DateTime<Utc>) -> Self {
        let session = Session {
            session_id,
            workspace,
            policies: Policies::default(),
            authenticated_at: now,
        };
        let request = RequestContext {
            request_id: Uuid::nil(),
            ip: None,
            user_agent: None,
            origin: String::new(),
            secure: false,
            now,
        };
        Self::of_session(Proven(UserId(user_id)), session, request)
    }

    /// Whose session it is; proved when its token was presented.
    pub fn person(&self) -> Proven<UserId> {
        Proven(UserId(self.user_id))
    }
}

impl Operation {
    pub fn may(&self, permission: Permission) -> bool {
        allowed(self.workspace.role(), permission, self.policies)
    }

    /// # Errors
    /// 403 `organization_required` in Personal for what organizations can do, else 403 `forbidden` naming the permission.
    pub fn require(&self, permission: Permission) -> Result<Authorized<'_>> {
        if self.may(permission) {
            return Ok(Authorized {
                operation: self,
                permission,
            });
        }
        let personal = self.workspace.organization_id().is_none();
        Err(if personal && needs_organization(permission) {
            Error::organization_required(permission)
        } else {
            Error::forbidden(permission)
        })
    }

    /// The tenants whose rows this workspace works on: the organization, or the person (and the platform, for its admins).
    pub fn tenants(&self) -> Vec<Uuid> {
        match self.workspace {
            Workspace::Organization { id, .. } => vec![id],
            Workspace::Personal { platform_admin: false } => vec![self.user_id],
            Workspace::Personal { platform_admin: true } => vec![self.user_id, PLATFORM],
        }
    }

    /// The workspace's own tenant: where personal things and keys go.
    pub fn tenant(&self) -> Uuid {
        self.workspace.organization_id().unwrap_or(self.user_id)
    }

    /// Where shared infrastructure (instances, models) of this workspace goes: the organization, or the platform for its admins.
    pub fn infrastructure_tenant(&self) -> Uuid {
        self.workspace.organization_id().unwrap_or(PLATFORM)
    }
}

/// An operation whose permission was checked against the matrix.
#[derive(Debug, Clone, Copy)]
pub struct Authorized<'a> {
    operation: &'a Operation,
    permission: Permission,
}

impl<'a> Authorized<'a> {
    pub fn permission(&self) -> Permission {
        self.permission
    }

    pub fn operation(&self) -> &'a Operation {
        self.operation
    }
}

impl std::ops::Deref for Authorized<'_> {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        self.operation
    }
}

/// An operation that holds the permission `G`: what handlers take, so that a route can't forget to ask.
pub struct Allowed<G> {
    operation: Operation,
    grant: std::marker::PhantomData<fn() -> G>,
}

impl Operation {
    /// # Errors
    /// As [`Operation::require`].
    pub fn allow<G: Grant>(self) -> Result<Allowed<G>> {
        self.require(G::PERMISSION)?;
        Ok(Allowed {
            operation: self,
            grant: std::marker::PhantomData,
        })
    }
}

impl<G: Grant> Allowed<G> {
    pub fn authorized(&self) -> Authorized<'_> {
        Authorized {
            operation: &self.operation,
            permission: G::PERMISSION,
        }
    }
}

/// As [`Allowed`], for what can hurt: the person proved a moment ago that it is them. Asked after the permission and before
/// anything is looked up, so that the refusal tells nothing of what is there. The contract says so as `x-reauthentication`.
pub struct Recent<G>(Allowed<G>);

impl Operation {
    /// # Errors
    /// As [`Operation::require`], then 403 `reauthentication_required`.
    pub fn allow_recent<G: Grant>(self) -> Result<Recent<G>> {
        let allowed = self.allow::<G>()?;
        let operation = &allowed.operation;
        if operation.request.now - operation.authenticated_at >= REAUTHENTICATE_AFTER {
            return Err(Error::reauthentication_required(G::PERMISSION));
        }
        Ok(Recent(allowed))
    }
}

impl<G: Grant> Recent<G> {
    pub fn authorized(&self) -> Authorized<'_> {
        self.0.authorized()
    }
}
