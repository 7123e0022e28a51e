//! What people do with their account and sessions.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Sessions;
use super::rules::is_idle;
use super::store::{self, NewSession, SessionRow, TokenState};
use super::tokens;
use super::tokens::{IDLE_LIFETIME, OVERLAP, SESSION_LIFETIME, hash_of};
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::users;
use crate::operation::{Authorized, Operation, Proven, RequestContext, Session, Workspace};
use crate::permissions::{Policies, Role};
use crate::plumbing::db::WriteTx;
use crate::plumbing::events::{self, Topic};

/// Proof that somebody signed in: the session's operation and the token to hand out.
pub struct SignedIn {
    pub operation: Operation,
    pub token: String,
}

/// Opens a session for the person of a transaction who proved who they are, where they were last, and commits. `how`: what the log says
/// of it.
pub async fn open_session(sessions: &Sessions, mut tx: WriteTx, how: Option<Value>) -> Result<SignedIn> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let session_id = crate::ids::new_id();
    let place = store::last_workspace(&mut tx).await?;
    let organization = place.as_ref().map(|place| (place.organization_id, place.role));
    let issued = sessions
        .tokens
        .issue(user_id, session_id, organization, now)
        .map_err(Error::internal)?;
    let session = NewSession {
        id: session_id,
        token_hash: &issued.token_hash,
        expires_at: now + SESSION_LIFETIME,
    };
    store::insert_session(&mut tx, &session).await?;
    if let Some((organization, _)) = organization {
        store::seen_in(&mut tx, organization).await?;
    }
    let mut act = Act::new("session.create", "session", session_id);
    if let Some(how) = &how {
        act = act.after(how);
    }
    audit::record_in(&mut tx, user_id, act).await?;
    let platform_admin = users::own_profile(&mut tx).await?.platform_role == "admin";
    events::notify(tx.conn(), Topic::Sessions, user_id, session_id).await?;
    let (person, request) = (tx.operation().person(), tx.operation().request.clone());
    tx.commit().await?;
    let (workspace, policies) = match place {
        Some(place) => {
            let (id, role) = (place.organization_id, place.role);
            (Workspace::Organization { id, role }, place.policies)
        }
        None => (Workspace::Personal { platform_admin }, Policies::default()),
    };
    let session = Session {
        session_id,
        workspace,
        policies,
        authenticated_at: now,
    };
    Ok(SignedIn {
        operation: Operation::of_session(person, session, request),
        token: issued.token,
    })
}

/// Who a token stands for. Pure look-up: nothing is written.
///
/// # Errors
/// 401 for a token that is not ours, unknown, ended or idle; 409 `workspace_changed` for one from before a switch or a move.
pub async fn authenticate(
    sessions: &Sessions,
    token: &str,
    request: &RequestContext,
) -> Result<(Operation, tokens::Claims, store::SessionFacts)> {
    let (operation, claims, facts) = recognise(sessions, token, request).await?;
    if matches!(facts.token_state, TokenState::Moved | TokenState::Switched) {
        return Err(Error::workspace_changed());
    }
    Ok((operation, claims, facts))
}

/// As [`authenticate`], but a token from before a switch or a move is let through, as [`TokenState::Switched`] or
/// [`TokenState::Moved`]: it may end the session and, where nobody came with the session's next token yet, fetch that.
pub(super) async fn recognise(
    sessions: &Sessions,
    token: &str,
    request: &RequestContext,
) -> Result<(Operation, tokens::Claims, store::SessionFacts)> {
    let claims = sessions.tokens.read(token).ok_or_else(Error::unauthenticated)?;
    let facts =
        store::session_by_token(&sessions.core.db, claims.session_id, &hash_of(claims.jti), request.now).await?;
    let facts = facts.filter(|facts| facts.user_id == claims.sub && !is_idle(facts.last_used_at, request.now));
    let facts = facts.ok_or_else(Error::unauthenticated)?;
    let workspace = match (facts.token_state, facts.organization_id, facts.organization_role) {
        (TokenState::Superseded, _, _) => return Err(Error::unauthenticated()),
        (_, None, _) => Workspace::Personal {
            platform_admin: facts.platform_admin,
        },
        (_, Some(id), Some(role)) => Workspace::Organization { id, role },
        // The membership ended: what is left is the person.
        (_, Some(_), None) => Workspace::Personal {
            platform_admin: facts.platform_admin,
        },
    };
    let session = Session {
        session_id: facts.session_id,
        workspace,
        policies: facts.policies,
        authenticated_at: facts.authenticated_at,
    };
    let operation = Operation::of_session(Proven::by_session(facts.user_id), session, request.clone());
    Ok((operation, claims, facts))
}

/// The token that follows in the same session: a new one or, where the answer that carried it may have been lost, the same once more.
/// `None` when the session went on without the presented one.
pub async fn renew(sessions: &Sessions, operation: &Operation, claims: &tokens::Claims) -> Result<Option<String>> {
    let organization = match operation.workspace {
        Workspace::Organization { id, role } => Some((id, role)),
        Workspace::Personal { .. } => None,
    };
    let presented = hash_of(claims.jti);
    let issued = sessions
        .tokens
        .issue_after(
            &presented,
            operation.user_id,
            operation.session_id,
            organization,
            operation.request.now,
        )
        .map_err(Error::internal)?;
    let mut tx = sessions
        .core
        .db
        .for_signing_in(operation.person(), &operation.request)
        .await?;
    let renewed = store::renew_token(
        &mut tx,
        operation.session_id,
        &presented,
        &issued.token_hash,
        operation.request.now,
        OVERLAP,
    )
    .await?;
    tx.commit().await?;
    Ok(renewed.then_some(issued.token))
}

/// Ends the session of the operation.
pub async fn logout(sessions: &Sessions, operation: &Operation) -> Result<()> {
    let mut tx = sessions
        .core
        .db
        .for_signing_in(operation.person(), &operation.request)
        .await?;
    if store::revoke_session(&mut tx, operation.session_id).await? {
        audit::record_in(
            &mut tx,
            operation.user_id,
            Act::new("session.revoke", "session", operation.session_id),
        )
        .await?;
        events::notify(tx.conn(), Topic::Sessions, operation.user_id, operation.session_id).await?;
    }
    tx.commit().await
}

/// Moves the session into a workspace that its person chose; sign-in goes on there. The caller (organizations) has found out the role.
/// Needs [`Db::write_to_account`](crate::plumbing::db::Db::write_to_account), which two choices at once take turns by.
pub async fn choose_workspace(
    sessions: &Sessions,
    tx: &mut WriteTx,
    organization: Option<(Uuid, Role)>,
) -> Result<String> {
    store::remember_workspace(tx, organization.map(|(id, _)| id)).await?;
    switch_session(sessions, tx, organization).await
}

/// Moves the session into another workspace.
async fn switch_session(sessions: &Sessions, tx: &mut WriteTx, organization: Option<(Uuid, Role)>) -> Result<String> {
    let (user_id, session_id, now) = (
        tx.operation().user_id,
        tx.operation().session_id,
        tx.operation().request.now,
    );
    let current = store::lock_token(tx).await?;
    let issued = sessions
        .tokens
        .issue_after(&current, user_id, session_id, organization, now)
        .map_err(Error::internal)?;
    store::switch_workspace(tx, &issued.token_hash, organization).await?;
    events::notify(tx.conn(), Topic::Sessions, user_id, session_id).await?;
    Ok(issued.token)
}

/// Moves the session out of an organization that its person leaves or ends. What is remembered stays: where a membership ended, no
/// sign-in goes on.
pub async fn go_to_personal(sessions: &Sessions, tx: &mut WriteTx) -> Result<String> {
    switch_session(sessions, tx, None).await
}

pub async fn sessions(sessions: &Sessions, authorized: Authorized<'_>) -> Result<Vec<SessionRow>> {
    let mut tx = sessions.core.db.read(&authorized).await?;
    store::sessions(&mut tx, authorized.request.now - IDLE_LIFETIME).await
}

/// # Errors
/// 404 for a session that is not one's own live session.
pub async fn revoke_session(sessions: &Sessions, authorized: Authorized<'_>, session_id: Uuid) -> Result<()> {
    let mut tx = sessions.core.db.write_to_account(&authorized).await?;
    if !store::revoke_session(&mut tx, session_id).await? {
        return Err(Error::not_found());
    }
    audit::record_in(
        &mut tx,
        authorized.user_id,
        Act::new("session.revoke", "session", session_id),
    )
    .await?;
    events::notify(tx.conn(), Topic::Sessions, authorized.user_id, session_id).await?;
    tx.commit().await
}

/// Ends all sessions but the one that asks; says how many.
pub async fn revoke_other_sessions(sessions: &Sessions, authorized: Authorized<'_>) -> Result<usize> {
    let mut tx = sessions.core.db.write_to_account(&authorized).await?;
    let ended = store::revoke_other_sessions(&mut tx).await?;
    let user_id = authorized.user_id;
    if !ended.is_empty() {
        let after = json!({"sessions_ended": ended.len()});
        audit::record_in(
            &mut tx,
            user_id,
            Act::new("session.revoke_others", "user", user_id).after(&after),
        )
        .await?;
    }
    for session in &ended {
        events::notify(tx.conn(), Topic::Sessions, user_id, *session).await?;
    }
    tx.commit().await?;
    Ok(ended.len())
}

/// Where the operation's session is now; `None` once it ended or fell idle.
pub async fn current_workspace(sessions: &Sessions, authorized: Authorized<'_>) -> Result<Option<Workspace>> {
    let mut tx = sessions.core.db.read(&authorized).await?;
    let session = store::session_now(&mut tx).await?;
    let alive = session.filter(|session| !is_idle(session.last_used_at, authorized.request.now));
    Ok(
        alive.map(|session| match (session.organization_id, session.organization_role) {
            (Some(id), Some(role)) => Workspace::Organization { id, role },
            _ => Workspace::Personal {
                platform_admin: session.platform_admin,
            },
        }),
    )
}
