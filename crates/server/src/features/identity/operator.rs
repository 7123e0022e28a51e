//! What the operator does with accounts from the machine's command line, where no session is at hand.

use serde_json::json;
use uuid::Uuid;

use super::notices;
use super::rules::{check_password, normalise};
use super::{accounts, second_factors, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::ids::PLATFORM;
use crate::plumbing::db::SystemTx;
use crate::plumbing::edge::body::Validation;
use crate::plumbing::events::{self, Topic};

/// Sets an account's password, ends its sessions and says how many those were; links that were mailed before stop working. The person
/// is told by mail.
///
/// # Errors
/// 422 for an unknown login or a password that breaks a rule.
pub async fn reset_password(app: &App, tx: &mut SystemTx, login: &str, password: String) -> Result<usize> {
    let user_id = account(tx, login).await?;
    let (email, words) = store::own_words(tx, user_id).await?;
    let own_words: Vec<&str> = [&email].into_iter().chain(&words).map(String::as_str).collect();
    let mut validation = Validation::default();
    check_password(&mut validation, "password", &password, &own_words);
    validation.finish()?;
    let (hash, now) = (app.passwords.hash(password).await?, app.clock.now());
    accounts::hold_sessions(tx, user_id).await?;
    let ended = store::reset_password(tx, user_id, &hash, now).await?;
    accounts::forget_links(tx, user_id).await?;
    let after = json!({"by": "operator", "sessions_ended": ended.len()});
    let act = Act::new("user.reset_password", "user", user_id).after(&after);
    notices::password_changed(app, tx.conn(), &email, now).await?;
    audit::record_system(tx, user_id, now, act).await?;
    for session in &ended {
        events::notify(tx.conn(), Topic::Sessions, user_id, *session).await?;
    }
    Ok(ended.len())
}

/// Makes an account a platform admin. Recorded with the account and with the platform.
///
/// # Errors
/// 422 for an unknown login.
pub async fn grant_platform_admin(app: &App, tx: &mut SystemTx, login: &str) -> Result<()> {
    let user_id = account(tx, login).await?;
    let now = app.clock.now();
    store::grant_platform_admin(tx, user_id, now).await?;
    let after = json!({"by": "operator", "platform_role": "admin"});
    for chain in [user_id, PLATFORM] {
        let act = Act::new("user.grant_platform_admin", "user", user_id).after(&after);
        audit::record_system(tx, chain, now, act).await?;
    }
    events::notify(tx.conn(), Topic::Sessions, user_id, user_id).await
}

/// Takes every second factor off an account, for somebody who lost them all. Recorded with the account and with the platform; the
/// person gets a mail.
///
/// # Errors
/// 422 for an unknown login, 409 `no_second_factor`.
pub async fn remove_second_factors(app: &App, tx: &mut SystemTx, login: &str) -> Result<()> {
    let user_id = account(tx, login).await?;
    second_factors::by_operator(app, tx, user_id).await
}

async fn account(tx: &mut SystemTx, login: &str) -> Result<Uuid> {
    let unknown = || {
        Error::invalid(
            "login",
            "unknown",
            "is neither the e-mail nor the username of an account",
        )
    };
    store::account_id(tx, &normalise(login)).await?.ok_or_else(unknown)
}
