//! Asking for, and using, links that change a password or an address.

use serde_json::json;
use uuid::Uuid;

use super::Recovery;
use super::{LINK_LIFETIME, WELCOME_LIFETIME, store};
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::users::{self, Planted, check_email, check_password, confirm_password, normalise, notices};
use crate::features::{second_factors, sessions};
use crate::operation::{Authorized, Proven, RequestContext};
use crate::plumbing::db::{SystemTx, WriteTx};
use crate::plumbing::events::{self, Topic};
use crate::plumbing::mail::{self, Mail, Template};
use crate::plumbing::quotas::{self, Quota};
use crate::secrets::{random_token, sha256};
use crate::validation::{Validation, mailed};

/// Asks for a new password. The work and the answer are the same whether there is such an account or not, and whether the limits
/// let a mail out or not.
///
/// # Errors
/// 422 when it isn't an e-mail address.
pub async fn request_password_reset(recovery: &Recovery, email: &str, request: &RequestContext) -> Result<()> {
    let email = normalise(email);
    let mut validation = Validation::default();
    check_email(&mut validation, "email", &email);
    validation.finish()?;
    let quotas = Quota::reset_requests(&email, request.ip);
    store::request_reset(&recovery.core.db, &email, &quotas, request.now).await
}

/// Sets the password of the account that the link was mailed to, and ends all its sessions. The first link that came by mail also ends
/// whatever else could open the account: until then nobody knew whose it was.
///
/// # Errors
/// 422 on `token`, the same for an unknown, a used and an expired one; 422 on `password`, and the link stays good; 429 after too many
/// unknown tokens.
pub async fn reset_password(
    recovery: &Recovery,
    token: &str,
    password: String,
    request: &RequestContext,
) -> Result<()> {
    let guess = [Quota::unknown_links_from(request.ip)];
    quotas::spend(&recovery.core.db, &guess, request.now).await?;
    let token_hash = sha256(token.as_bytes());
    let facts = store::reset_by_token(&recovery.core.db, &token_hash, request.now).await?;
    let facts = facts.ok_or_else(invalid_token)?;
    quotas::refund(&recovery.core.db, &guess).await?;
    let mut validation = Validation::default();
    check_password(&mut validation, "password", &password, &facts.own_words());
    validation.finish()?;
    let hash = recovery.users.passwords.hash(password).await?;

    let mut tx = recovery
        .core
        .db
        .for_signing_in(Proven::by_mailed_link(facts.user_id), request)
        .await?;
    sessions::hold_sessions(&mut tx).await?;
    if !store::consume_reset(&mut tx, &token_hash).await? {
        return Err(invalid_token());
    }
    let had_one = users::password_hash(&mut tx).await?.is_some();
    users::set_password_hash(&mut tx, &hash).await?;
    void_links(&mut tx).await?;
    if had_one {
        notices::password_changed(&recovery.core.config, tx.conn(), &facts.email, request.now).await?;
    }
    let planted = if facts.shown {
        Planted::default()
    } else {
        users::prove_mailbox(&mut tx).await?
    };
    forget_planted(recovery, &mut tx, &planted).await?;
    // This transaction belongs to no session, so "other" sessions are all of the person's.
    let ended = sessions::revoke_other_sessions(&mut tx).await?;
    let after = json!({
        "sessions_ended": ended.len(), "mailbox_proven": !facts.shown,
        "second_factors_removed": planted.authenticators + planted.passkeys, "keys_revoked": planted.keys.len(),
    });
    let act = Act::new("password.reset", "user", facts.user_id).after(&after);
    audit::record_in(&mut tx, facts.user_id, act).await?;
    for session in ended {
        events::notify(tx.conn(), Topic::Sessions, facts.user_id, session).await?;
    }
    tx.commit().await?;
    recovery.core.mail.now();
    Ok(())
}

/// Asks for another address: it gets the link that confirms it, the one before is told.
///
/// # Errors
/// 422 on `password` when it is wrong (429 after too many), 422 on `email`; 429 when asked too often.
pub async fn request_email_change(
    recovery: &Recovery,
    authorized: Authorized<'_>,
    email: &str,
    password: String,
) -> Result<()> {
    let (user_id, now) = (authorized.user_id, authorized.request.now);
    let email = normalise(email);
    let mut read = recovery.core.db.read(&authorized).await?;
    let profile = users::own_profile(&mut read).await?;
    drop(read);
    let mut validation = Validation::default();
    check_email(&mut validation, "email", &email);
    validation.check(
        email != profile.email,
        "email",
        FieldCode::Unchanged,
        "is your address already",
    );
    validation.finish()?;
    confirm_password(&recovery.users, authorized, password).await?;
    let quotas = Quota::email_changes(user_id, &email, authorized.request.ip);
    quotas::spend(&recovery.core.db, &quotas, now).await?;

    let token = random_token();
    let expires_at = now + LINK_LIFETIME;
    let mut tx = recovery.core.db.write(&authorized).await?;
    store::request_email_change(&mut tx, &sha256(token.as_bytes()), &email, expires_at).await?;
    let confirmation = Mail {
        template: Template::EmailChange,
        recipient: &email,
        fallback_locale: &profile.locale,
        parameters: json!({
            "link": format!("{}/app/confirm-email#token={token}", recovery.core.config.public_origin()),
            "minutes": LINK_LIFETIME.num_minutes(),
        }),
        expires_at: Some(expires_at),
    };
    mail::enqueue(tx.conn(), confirmation, now).await?;
    let notice = Mail {
        template: Template::EmailChangeNotice,
        recipient: &profile.email,
        fallback_locale: &profile.locale,
        parameters: json!({"new_email": email}),
        expires_at: None,
    };
    mail::enqueue(tx.conn(), notice, now).await?;
    let after = json!({"new_email": email});
    audit::record_in(
        &mut tx,
        user_id,
        Act::new("email.request_change", "user", user_id).after(&after),
    )
    .await?;
    tx.commit().await?;
    recovery.core.mail.now();
    Ok(())
}

/// Makes the confirmed address the account's, and tells the one before. Whoever has the link has read the new address's mail; the password was given when it
/// was asked for.
///
/// # Errors
/// 422 on `token`, the same for an unknown, a used and an expired one; 409 `email_taken`; 429 after too many unknown tokens.
pub async fn confirm_email_change(recovery: &Recovery, token: &str, request: &RequestContext) -> Result<()> {
    let guess = [Quota::unknown_links_from(request.ip)];
    quotas::spend(&recovery.core.db, &guess, request.now).await?;
    let token_hash = sha256(token.as_bytes());
    let change = store::email_change_by_token(&recovery.core.db, &token_hash, request.now).await?;
    let change = change.ok_or_else(invalid_token)?;
    quotas::refund(&recovery.core.db, &guess).await?;
    let mut tx = recovery
        .core
        .db
        .for_signing_in(Proven::by_mailed_link(change.user_id), request)
        .await?;
    users::hold_account(&mut tx).await?;
    if !store::consume_email_change(&mut tx, &token_hash).await? {
        return Err(invalid_token());
    }
    let profile = users::own_profile(&mut tx).await?;
    let before = json!({"email": profile.email});
    // The first mailbox that is proven is this one.
    let planted = users::prove_mailbox(&mut tx).await?;
    forget_planted(recovery, &mut tx, &planted).await?;
    users::set_email(&mut tx, &change.new_email).await?;
    notices::email_changed(tx.conn(), &profile, &change.new_email, request.now).await?;
    void_links(&mut tx).await?;
    let after = json!({"email": change.new_email});
    let act = Act::new("email.change", "user", change.user_id);
    audit::record_in(&mut tx, change.user_id, act.before(&before).after(&after)).await?;
    tx.commit().await?;
    recovery.core.mail.now();
    Ok(())
}

/// Somebody whose account was just made by somebody else.
pub struct Newcomer<'a> {
    pub user_id: Uuid,
    pub email: &'a str,
    pub username: &'a str,
    pub locale: &'a str,
    /// The organization that made the account, by name.
    pub organization: Option<&'a str>,
    /// `scheme://authority` under which whoever makes the account reaches us, for the link that they hand over themselves.
    pub handed_over_at: &'a str,
}

/// Mails a newcomer the link to choose a password, in the transaction that makes the account. Wake the mail after the commit.
/// Gives the link where no mail server carries it.
pub async fn welcome(recovery: &Recovery, tx: &mut SystemTx, newcomer: &Newcomer<'_>) -> Result<Option<String>> {
    let (token, now) = (random_token(), recovery.core.clock.now());
    let expires_at = now + WELCOME_LIFETIME;
    let shown = !mail::is_sent(&recovery.core.config);
    store::insert_reset(tx, newcomer.user_id, &sha256(token.as_bytes()), now, expires_at, shown).await?;
    let link_at = |origin: &str| format!("{origin}/app/reset-password#token={token}");
    let mail = Mail {
        template: Template::AccountCreated,
        recipient: newcomer.email,
        fallback_locale: newcomer.locale,
        parameters: json!({
            "username": mailed(newcomer.username),
            "organization": newcomer.organization.and_then(mailed),
            "link": link_at(&recovery.core.config.public_origin()),
            "days": WELCOME_LIFETIME.num_days(),
        }),
        expires_at: Some(expires_at),
    };
    mail::enqueue(tx.conn(), mail, now).await?;
    Ok(shown.then(|| link_at(newcomer.handed_over_at)))
}

/// Tells the person and the gateways what is gone since the mailbox was proven.
async fn forget_planted(recovery: &Recovery, tx: &mut WriteTx, planted: &Planted) -> Result<()> {
    if planted.authenticators + planted.passkeys > 0 {
        second_factors::tell_all_removed(&recovery.core.config, tx).await?;
    }
    for (key, tenant) in &planted.keys {
        events::notify(tx.conn(), Topic::ApiKeys, *tenant, *key).await?;
    }
    Ok(())
}

/// Links that were mailed to the person stop working, and so do sign-ins that wait for their second step.
pub async fn void_links(tx: &mut WriteTx) -> Result<()> {
    store::void_own_links(tx).await?;
    second_factors::end_challenges(tx).await
}

fn invalid_token() -> Error {
    Error::invalid(
        "token",
        FieldCode::InvalidToken,
        "does not work (any more): ask for a new link",
    )
}
