//! What people do with their account and sessions.

use serde_json::{Value, json};
use uuid::Uuid;

use super::notices;
use super::rules::{check_password, check_username, is_idle, normalise};
use super::second_factors::{self, sign_in};
use super::store::{self, NewSession, Profile, SessionRow, TokenState};
use super::tokens::{IDLE_LIFETIME, OVERLAP, SESSION_LIFETIME, hash_of};
use super::{throttle, tokens};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::features::audit::{self, Act};
use crate::operation::{Authorized, Operation, RequestContext, Workspace};
use crate::permissions::Role;
use crate::plumbing::db::{SystemTx, TenantTx};
use crate::plumbing::edge::body::Validation;
use crate::plumbing::events::{self, Topic};

/// Proof that somebody signed in: the session's operation and the token to hand out.
pub struct SignedIn {
    pub operation: Operation,
    pub token: String,
}

/// What a right password leads to.
pub enum Login {
    SignedIn(SignedIn),
    /// The account asks for a second factor.
    Challenged(sign_in::Challenge),
}

/// Signs in with an e-mail or a username, or begins to where the account has a second factor.
///
/// # Errors
/// 401 `invalid_credentials`, the same for an unknown account, a wrong password and a disabled account; 429 after too many failures.
pub async fn login(app: &App, login: &str, password: String, request: &RequestContext) -> Result<Login> {
    let subjects = throttle::Subjects::new(login, request.ip);
    throttle::check(&app.db, &subjects, request.now).await?;
    let refused = || {
        Error::new(
            Kind::Unauthenticated,
            "invalid_credentials",
            "E-mail, username or password is wrong.",
        )
    };
    // NUL never matches anything, and PostgreSQL refuses it in text.
    let known = if login.contains('\0') {
        None
    } else {
        store::account_by_login(&app.db, login).await?
    };
    let stored = known
        .as_ref()
        .filter(|account| !account.disabled)
        .and_then(|account| account.password_hash.clone());
    let matches = app.passwords.verify(password, stored.clone()).await?;
    let Some(account) = known.filter(|_| matches) else {
        throttle::record_failure(&app.db, &subjects, request.now).await?;
        return Err(refused());
    };
    throttle::clear(&app.db, &subjects).await?;
    let mut tx = app.db.for_signing_in(account.id, request).await?;
    // Checking took a while: the password may have been replaced or a factor added since, and the account disabled.
    if store::hold_account(&mut tx).await? != stored
        || second_factors::has_factor(&mut tx).await? != account.has_second_factor
    {
        return Err(refused());
    }
    if account.has_second_factor {
        return Ok(Login::Challenged(sign_in::challenge(tx).await?));
    }
    Ok(Login::SignedIn(open_session(app, tx, None).await?))
}

/// Opens a session for the person of a transaction who proved who they are, and commits. `how`: what the log says of it.
pub(super) async fn open_session(app: &App, mut tx: TenantTx, how: Option<Value>) -> Result<SignedIn> {
    let (user_id, now) = (tx.operation().user_id, tx.operation().request.now);
    let session_id = crate::ids::new_id();
    let issued = app
        .tokens
        .issue(user_id, session_id, None, now)
        .map_err(Error::internal)?;
    let session = NewSession {
        id: session_id,
        token_hash: &issued.token_hash,
        expires_at: now + SESSION_LIFETIME,
    };
    store::insert_session(&mut tx, &session).await?;
    let mut act = Act::new("session.create", "session", session_id);
    if let Some(how) = &how {
        act = act.after(how);
    }
    audit::record_in(&mut tx, user_id, act).await?;
    let platform_admin = store::profile(&mut tx).await?.platform_role == "admin";
    let mut operation = tx.operation().clone();
    events::notify(tx.conn(), Topic::Sessions, user_id, session_id).await?;
    tx.commit().await?;
    operation.session_id = session_id;
    operation.workspace = Workspace::Personal { platform_admin };
    Ok(SignedIn {
        operation,
        token: issued.token,
    })
}

/// Who a token stands for. Pure look-up: nothing is written.
///
/// # Errors
/// 401 for a token that is not ours, unknown, ended or idle; 409 `workspace_changed` for one from before a switch or a move.
pub async fn authenticate(
    app: &App,
    token: &str,
    request: &RequestContext,
) -> Result<(Operation, tokens::Claims, store::SessionFacts)> {
    let (operation, claims, facts) = recognise(app, token, request).await?;
    if facts.token_state == TokenState::Moved {
        return Err(Error::workspace_changed());
    }
    Ok((operation, claims, facts))
}

/// As [`authenticate`], but the token of a session that somebody else moved is let through, as [`TokenState::Moved`]: it may
/// fetch the session's next token, nothing else.
pub(super) async fn recognise(
    app: &App,
    token: &str,
    request: &RequestContext,
) -> Result<(Operation, tokens::Claims, store::SessionFacts)> {
    let claims = app.tokens.read(token).ok_or_else(Error::unauthenticated)?;
    let facts = store::session_by_token(&app.db, claims.session_id, &hash_of(claims.jti), request.now).await?;
    let facts = facts.filter(|facts| facts.user_id == claims.sub && !is_idle(facts.last_used_at, request.now));
    let facts = facts.ok_or_else(Error::unauthenticated)?;
    let workspace = match (facts.token_state, facts.organization_id, facts.organization_role) {
        (TokenState::Superseded, _, _) => return Err(Error::unauthenticated()),
        (TokenState::Switched, _, _) => return Err(Error::workspace_changed()),
        (_, None, _) => Workspace::Personal {
            platform_admin: facts.platform_admin,
        },
        (_, Some(id), Some(role)) => Workspace::Organization { id, role },
        // The membership ended: what is left is the person.
        (_, Some(_), None) => Workspace::Personal {
            platform_admin: facts.platform_admin,
        },
    };
    let operation = Operation {
        user_id: facts.user_id,
        session_id: facts.session_id,
        workspace,
        policies: facts.policies,
        authenticated_at: facts.authenticated_at,
        request: request.clone(),
    };
    Ok((operation, claims, facts))
}

/// A new token for the same session; `None` when another request renewed it at the same time (its answer carries the token).
pub async fn renew(app: &App, operation: &Operation, claims: &tokens::Claims) -> Result<Option<String>> {
    let organization = match operation.workspace {
        Workspace::Organization { id, role } => Some((id, role)),
        Workspace::Personal { .. } => None,
    };
    let issued = app
        .tokens
        .issue(
            operation.user_id,
            operation.session_id,
            organization,
            operation.request.now,
        )
        .map_err(Error::internal)?;
    let mut tx = app.db.for_signing_in(operation.user_id, &operation.request).await?;
    let renewed = store::renew_token(
        &mut tx,
        operation.session_id,
        &hash_of(claims.jti),
        &issued.token_hash,
        operation.request.now,
        OVERLAP,
    )
    .await?;
    tx.commit().await?;
    Ok(renewed.then_some(issued.token))
}

/// Ends the session of the operation.
pub async fn logout(app: &App, operation: &Operation) -> Result<()> {
    let mut tx = app.db.for_signing_in(operation.user_id, &operation.request).await?;
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

/// Moves the session into another workspace. The caller (organizations) has found out the role there.
pub async fn switch_session(app: &App, tx: &mut TenantTx, organization: Option<(Uuid, Role)>) -> Result<String> {
    let (user_id, session_id, now) = (
        tx.operation().user_id,
        tx.operation().session_id,
        tx.operation().request.now,
    );
    let issued = app
        .tokens
        .issue(user_id, session_id, organization, now)
        .map_err(Error::internal)?;
    store::switch_workspace(tx, &issued.token_hash, organization).await?;
    events::notify(tx.conn(), Topic::Sessions, user_id, session_id).await?;
    Ok(issued.token)
}

pub async fn profile(app: &App, authorized: Authorized<'_>) -> Result<Profile> {
    let mut tx = app.db.read(&authorized).await?;
    store::profile(&mut tx).await
}

/// What a person may change of the own account. Absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub locale: Option<String>,
}

/// # Errors
/// 422 naming the field.
pub async fn update_profile(app: &App, authorized: Authorized<'_>, change: ProfileChange) -> Result<Profile> {
    let mut tx = app.db.write_to_account(&authorized).await?;
    let before = store::profile(&mut tx).await?;
    let first_name = change.first_name.unwrap_or_else(|| before.first_name.clone());
    let last_name = change.last_name.unwrap_or_else(|| before.last_name.clone());
    let username = change
        .username
        .map_or_else(|| before.username.clone(), |username| normalise(&username));
    let locale = change.locale.unwrap_or_else(|| before.locale.clone());
    let mut validation = Validation::default();
    validation.line("first_name", &first_name, 0, 100);
    validation.line("last_name", &last_name, 0, 100);
    check_username(&mut validation, "username", &username);
    validation.check(
        matches!(locale.as_str(), "en" | "fr"),
        "locale",
        "unknown_locale",
        "must be en or fr",
    );
    validation.finish()?;
    store::update_profile(&mut tx, first_name.trim(), last_name.trim(), &username, &locale).await?;
    let after = store::profile(&mut tx).await?;
    let show = |profile: &Profile| json!({"first_name": profile.first_name, "last_name": profile.last_name, "username": profile.username, "locale": profile.locale});
    audit::record_in(
        &mut tx,
        after.id,
        Act::new("profile.update", "user", after.id)
            .before(&show(&before))
            .after(&show(&after)),
    )
    .await?;
    tx.commit().await?;
    Ok(after)
}

/// Changes the own password and ends all other sessions.
///
/// # Errors
/// 422 on `current_password` when it is wrong (429 after too many), 422 on `new_password` when it breaks a rule.
pub async fn change_password(app: &App, authorized: Authorized<'_>, current: String, new: String) -> Result<()> {
    let mut read = app.db.read(&authorized).await?;
    let profile = store::profile(&mut read).await?;
    let stored = store::password_hash(&mut read).await?;
    let organizations = store::organization_names(&mut read).await?;
    drop(read);
    let mut validation = Validation::default();
    check_password(
        &mut validation,
        "new_password",
        &new,
        &profile.own_words(&organizations),
    );
    validation.check(
        new != current,
        "new_password",
        "unchanged",
        "must differ from the current password",
    );
    validation.finish()?;
    let subjects = throttle::Subjects::new(&authorized.user_id.to_string(), authorized.request.ip);
    throttle::check(&app.db, &subjects, authorized.request.now).await?;

    if !app.passwords.verify(current, stored.clone()).await? {
        throttle::record_failure(&app.db, &subjects, authorized.request.now).await?;
        return Err(Error::invalid(
            "current_password",
            "wrong",
            "is not your current password",
        ));
    }
    let hash = app.passwords.hash(new).await?;
    let mut tx = app.db.write_to_account(&authorized).await?;
    if store::password_hash(&mut tx).await? != stored {
        return Err(Error::conflict(
            "password_changed",
            "The password was changed in the meantime.",
        ));
    }
    store::set_password_hash(&mut tx, &hash).await?;
    store::void_links(&mut tx).await?;
    notices::password_changed(app, tx.conn(), &profile.email, authorized.request.now).await?;
    let ended = store::revoke_other_sessions(&mut tx).await?;
    let user_id = authorized.user_id;
    audit::record_in(
        &mut tx,
        user_id,
        Act::new("password.change", "user", user_id).after(&json!({"sessions_ended": ended.len()})),
    )
    .await?;
    for session in ended {
        events::notify(tx.conn(), Topic::Sessions, user_id, session).await?;
    }
    tx.commit().await?;
    app.mail.now();
    Ok(())
}

pub async fn sessions(app: &App, authorized: Authorized<'_>) -> Result<Vec<SessionRow>> {
    let mut tx = app.db.read(&authorized).await?;
    store::sessions(&mut tx, authorized.request.now - IDLE_LIFETIME).await
}

/// # Errors
/// 404 for a session that is not one's own live session.
pub async fn revoke_session(app: &App, authorized: Authorized<'_>, session_id: Uuid) -> Result<()> {
    let mut tx = app.db.write_to_account(&authorized).await?;
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
pub async fn revoke_other_sessions(app: &App, authorized: Authorized<'_>) -> Result<usize> {
    let mut tx = app.db.write_to_account(&authorized).await?;
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

/// An account made from outside a session. The password is checked against the same rules as everybody's.
pub struct AccountRequest {
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub password: String,
    pub platform_admin: bool,
}

/// # Errors
/// 422 naming the field.
pub async fn create_account(app: &App, tx: &mut SystemTx, request: AccountRequest) -> Result<Uuid> {
    let (email, username) = (normalise(&request.email), normalise(&request.username));
    let mut validation = Validation::default();
    super::rules::check_email(&mut validation, "email", &email);
    check_username(&mut validation, "username", &username);
    let own_words = [email.as_str(), &username, &request.first_name, &request.last_name];
    check_password(&mut validation, "password", &request.password, &own_words);
    validation.finish()?;
    let password_hash = app.passwords.hash(request.password).await?;
    let (id, now) = (crate::ids::new_id(), app.clock.now());
    let account = store::NewAccount {
        id,
        email: &email,
        username: &username,
        first_name: &request.first_name,
        last_name: &request.last_name,
        locale: "en",
        password_hash: &password_hash,
        platform_admin: request.platform_admin,
        now,
    };
    store::insert_account(tx, &account).await?;
    let after = json!({"email": email, "username": username, "platform_admin": request.platform_admin});
    audit::record_system(tx, id, now, Act::new("user.create", "user", id).after(&after)).await?;
    Ok(id)
}

/// Where the operation's session is now; `None` once it ended or fell idle.
pub async fn current_workspace(app: &App, authorized: Authorized<'_>) -> Result<Option<Workspace>> {
    let mut tx = app.db.read(&authorized).await?;
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

/// An account that an invited person makes, checked already.
pub struct InvitedAccount {
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub locale: String,
    pub password_hash: String,
}

/// Makes it. The address counts as confirmed: only its mail holds the invitation's link.
///
/// # Errors
/// 422 when the username or the address is taken.
pub async fn create_invited_account(
    tx: &mut SystemTx,
    account: &InvitedAccount,
    request: &RequestContext,
) -> Result<Uuid> {
    let id = crate::ids::new_id();
    let new = store::NewAccount {
        id,
        email: &account.email,
        username: &account.username,
        first_name: &account.first_name,
        last_name: &account.last_name,
        locale: &account.locale,
        password_hash: &account.password_hash,
        platform_admin: false,
        now: request.now,
    };
    store::insert_account(tx, &new).await?;
    let after = json!({"email": account.email, "username": account.username, "platform_admin": false});
    let act = Act::new("user.create", "user", id).after(&after);
    audit::record_by_person(tx, id, id, request, act).await?;
    Ok(id)
}
