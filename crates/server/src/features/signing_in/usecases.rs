//! Signing in, and changing the password that it takes.

use serde_json::json;

use super::SigningIn;
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Kind, Result};
use crate::features::audit::{self, Act};
use crate::features::recovery;
use crate::features::second_factors;
use crate::features::sessions::{self, SignedIn};
use crate::features::users::{self, Verdict, check_password, normalise, normalised, notices};
use crate::operation::{Authorized, Proven, RequestContext};
use crate::plumbing::events::{self, Topic};
use crate::plumbing::quotas::{self, PasswordGuess};
use crate::validation::Validation;

/// What a right password leads to.
pub enum Login {
    SignedIn(SignedIn),
    /// The account asks for a second factor.
    Challenged(second_factors::Challenge),
}

/// Signs in with an e-mail or a username, or begins to where the account has a second factor.
///
/// # Errors
/// 401 `invalid_credentials`, the same for an unknown account, a wrong password and a disabled account; 429 after too many failures.
pub async fn login(signing_in: &SigningIn, login: &str, password: String, request: &RequestContext) -> Result<Login> {
    let refused = || {
        Error::new(
            Kind::Unauthenticated,
            ErrorCode::InvalidCredentials,
            "E-mail, username or password is wrong.",
        )
    };
    // NUL never matches anything, and PostgreSQL refuses it in text.
    let known = if login.contains('\0') {
        None
    } else {
        users::account_by_login(&signing_in.core.db, login).await?
    };
    let guess = match &known {
        Some(account) => PasswordGuess::of_account(account.id, request.ip),
        None => PasswordGuess::of_unknown(&normalise(login), request.ip),
    };
    quotas::spend(&signing_in.core.db, &guess.quotas(), request.now).await?;
    let stored = known
        .as_ref()
        .filter(|account| !account.disabled)
        .and_then(|account| account.password_hash.clone());
    let passwords = &signing_in.users.passwords;
    let verdict = passwords.verify(password.clone(), stored.clone()).await?;
    let account = known.filter(|_| verdict.is_right()).ok_or_else(refused)?;
    let renewed = match verdict {
        Verdict::RightAsTyped => Some(passwords.hash(password).await?),
        _ => None,
    };
    quotas::guessed_right(&signing_in.core.db, &guess).await;
    let mut tx = signing_in
        .core
        .db
        .for_signing_in(Proven::by_password(account.id), request)
        .await?;
    // Checking took a while: the password may have been replaced or a factor added since, and the account disabled.
    if users::hold_account(&mut tx).await? != stored
        || second_factors::has_factor(&mut tx).await? != account.has_second_factor
    {
        return Err(refused());
    }
    if let Some(hash) = renewed {
        users::set_password_hash(&mut tx, &hash).await?;
    }
    if account.has_second_factor {
        return Ok(Login::Challenged(second_factors::challenge(tx).await?));
    }
    Ok(Login::SignedIn(
        sessions::open_session(&signing_in.sessions, tx, None).await?,
    ))
}

/// Changes the own password and ends all other sessions.
///
/// # Errors
/// 422 on `current_password` when it is wrong (429 after too many), 422 on `new_password` when it breaks a rule.
pub async fn change_password(
    signing_in: &SigningIn,
    authorized: Authorized<'_>,
    current: String,
    new: String,
) -> Result<()> {
    let mut read = signing_in.core.db.read(&authorized).await?;
    let profile = users::own_profile(&mut read).await?;
    let stored = users::password_hash(&mut read).await?;
    let organizations = users::organization_names(&mut read).await?;
    drop(read);
    let mut validation = Validation::default();
    check_password(
        &mut validation,
        "new_password",
        &new,
        &profile.own_words(&organizations),
    );
    validation.check(
        normalised(&new) != normalised(&current),
        "new_password",
        FieldCode::Unchanged,
        "must differ from the current password",
    );
    validation.finish()?;
    let guess = PasswordGuess::in_session(authorized.user_id, authorized.request.ip);
    quotas::spend(&signing_in.core.db, &guess.quotas(), authorized.request.now).await?;
    let verdict = signing_in.users.passwords.verify(current, stored.clone()).await?;
    if !verdict.is_right() {
        return Err(Error::invalid(
            "current_password",
            FieldCode::Wrong,
            "is not your current password",
        ));
    }
    quotas::guessed_right(&signing_in.core.db, &guess).await;
    let hash = signing_in.users.passwords.hash(new).await?;
    let mut tx = signing_in.core.db.write_to_account(&authorized).await?;
    if users::password_hash(&mut tx).await? != stored {
        return Err(Error::conflict(
            ErrorCode::PasswordChanged,
            "The password was changed in the meantime.",
        ));
    }
    users::set_password_hash(&mut tx, &hash).await?;
    recovery::void_links(&mut tx).await?;
    notices::password_changed(
        &signing_in.core.config,
        tx.conn(),
        &profile.email,
        authorized.request.now,
    )
    .await?;
    let ended = sessions::revoke_other_sessions(&mut tx).await?;
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
    signing_in.core.mail.now();
    Ok(())
}
