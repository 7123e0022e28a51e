//! What the operator does with accounts from the machine's command line, where no session is at hand.

use serde_json::json;
use uuid::Uuid;

use super::{UserAdministration, closing};
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::users::{self, check_password, normalise, notices};
use crate::features::{second_factors, sessions};
use crate::ids::PLATFORM;
use crate::plumbing::db::SystemTx;
use crate::plumbing::events::{self, Topic};
use crate::validation::Validation;

/// Sets an account's password, ends its sessions and says how many those were; links that were mailed before stop working. The person
/// is told by mail.
///
/// # Errors
/// 422 for an unknown login or a password that breaks a rule.
pub async fn reset_password(
    administration: &UserAdministration,
    tx: &mut SystemTx,
    login: &str,
    password: String,
) -> Result<usize> {
    let user_id = account(tx, login).await?;
    let (email, words) = users::own_words(tx, user_id).await?;
    let own_words: Vec<&str> = [&email].into_iter().chain(&words).map(String::as_str).collect();
    let mut validation = Validation::default();
    check_password(&mut validation, "password", &password, &own_words);
    validation.finish()?;
    let hash = administration.users.passwords.hash(password).await?;
    let now = administration.core.clock.now();
    sessions::of_account::hold(tx, user_id).await?;
    users::set_password_of(tx, user_id, &hash, now).await?;
    let ended = closing::shut_out(tx, user_id, now).await?;
    let after = json!({"by": "operator", "sessions_ended": ended});
    let act = Act::new("user.reset_password", "user", user_id).after(&after);
    notices::password_changed(&administration.core.config, tx.conn(), &email, now).await?;
    audit::record_system(tx, user_id, now, act).await?;
    Ok(ended)
}

/// Makes an account a platform admin. Recorded with the account and with the platform.
///
/// # Errors
/// 422 for an unknown login.
pub async fn grant_platform_admin(administration: &UserAdministration, tx: &mut SystemTx, login: &str) -> Result<()> {
    let user_id = account(tx, login).await?;
    let now = administration.core.clock.now();
    users::grant_platform_admin(tx, user_id, now).await?;
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
pub async fn remove_second_factors(administration: &UserAdministration, tx: &mut SystemTx, login: &str) -> Result<()> {
    let user_id = account(tx, login).await?;
    second_factors::by_operator(&administration.factors, tx, user_id).await
}

async fn account(tx: &mut SystemTx, login: &str) -> Result<Uuid> {
    let unknown = || {
        Error::invalid(
            "login",
            FieldCode::Unknown,
            "is neither the e-mail nor the username of an account",
        )
    };
    users::account_id(tx, &normalise(login)).await?.ok_or_else(unknown)
}
