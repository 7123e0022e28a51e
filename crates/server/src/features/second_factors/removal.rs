//! The way out for somebody who lost every factor: the platform's admins and the operator take them off the account.

use serde_json::json;
use uuid::Uuid;

use super::SecondFactors;
use super::notices::{Notice, tell_account};
use super::store::{self, Removed};
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::{sessions, users};
use crate::ids::PLATFORM;
use crate::operation::Authorized;
use crate::plumbing::db::{SystemReason, SystemTx};

/// By a platform admin. Recorded with the account and with the platform; the person gets a mail.
///
/// # Errors
/// 404 for an account that isn't there; 409 `no_second_factor`.
pub async fn of_account(factors: &SecondFactors, authorized: Authorized<'_>, user: Uuid) -> Result<()> {
    let mut tx = factors.core.db.system(SystemReason::AccountAdministration).await?;
    users::take_turns(&mut tx).await?;
    sessions::of_account::hold(&mut tx, user).await?;
    let actor = tx.act_for(&authorized).await?;
    let account = users::lock(&mut tx, user).await?.ok_or_else(Error::not_found)?;
    let removed = remove(&mut tx, user).await?;
    tell_account(factors, &mut tx, &account.email, Notice::AllRemoved).await?;
    let before = described(removed);
    for chain in [user, PLATFORM] {
        let act = Act::new("user.remove_second_factors", "user", user).before(&before);
        audit::record_by(&mut tx, &actor, chain, act).await?;
    }
    tx.commit().await?;
    factors.core.mail.now();
    Ok(())
}

/// From the machine's command line. Recorded with the account and with the platform; the person gets a mail.
///
/// # Errors
/// 409 `no_second_factor`.
pub async fn by_operator(factors: &SecondFactors, tx: &mut SystemTx, user: Uuid) -> Result<()> {
    let account = users::lock(tx, user).await?.ok_or_else(Error::not_found)?;
    let removed = remove(tx, user).await?;
    tell_account(factors, tx, &account.email, Notice::AllRemoved).await?;
    let before = described(removed);
    let after = json!({"by": "operator"});
    for chain in [user, PLATFORM] {
        let act = Act::new("user.remove_second_factors", "user", user);
        audit::record_system(tx, chain, factors.core.clock.now(), act.before(&before).after(&after)).await?;
    }
    Ok(())
}

async fn remove(tx: &mut SystemTx, user: Uuid) -> Result<Removed> {
    let removed = store::remove_all(tx, user).await?;
    if !removed.totp && removed.passkeys == 0 {
        return Err(Error::conflict(
            ErrorCode::NoSecondFactor,
            "The account has no second factor.",
        ));
    }
    Ok(removed)
}

fn described(removed: Removed) -> serde_json::Value {
    json!({"totp": removed.totp, "passkeys": removed.passkeys, "recovery_codes": removed.recovery_codes})
}
