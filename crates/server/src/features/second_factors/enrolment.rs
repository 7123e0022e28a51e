//! Adding, showing and removing one's own factors, inside of a session whose person confirmed who they are a moment ago.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::SecondFactors;
use super::attempts::quota_of_codes;
use super::notices::{Notice, tell};
use super::passkeys::{RelyingParty, Unavailable, json as to_json};
use super::store::{NewCeremony, NewPasskey, StoredPasskey};
use super::{CHALLENGE_LIFETIME, Ceremony, MOST_PASSKEYS, Purpose, proof, recovery_codes, sealed, store, totp};
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::users;
use crate::operation::Authorized;
use crate::plumbing::db::WriteTx;
use crate::plumbing::quotas;
use crate::validation::Validation;

/// What a person has.
pub struct Factors {
    /// Since when, and when it was last used.
    pub totp: Option<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    pub passkeys: Vec<StoredPasskey>,
    pub recovery_codes_left: i64,
    /// Why no passkey can be added under this address.
    pub passkeys_unavailable: Option<Unavailable>,
}

pub async fn show(factors: &SecondFactors, authorized: Authorized<'_>) -> Result<Factors> {
    let mut tx = factors.core.db.read(&authorized).await?;
    let totp = store::totp(&mut tx).await?;
    Ok(Factors {
        totp: totp.and_then(|totp| totp.confirmed_at.map(|since| (since, totp.last_used_at))),
        passkeys: store::passkeys(&mut tx).await?,
        recovery_codes_left: store::recovery_codes_left(&mut tx).await?,
        passkeys_unavailable: RelyingParty::new(&authorized.request.origin).err(),
    })
}

/// What goes into an authenticator app. Shown once: it can't be read again.
pub struct TotpSecret {
    pub secret: String,
    pub uri: String,
}

/// Begins with an authenticator app. It counts for nothing until [`confirm_totp`].
///
/// # Errors
/// 409 `totp_exists`.
pub async fn start_totp(factors: &SecondFactors, authorized: Authorized<'_>) -> Result<TotpSecret> {
    let person = authorized.user_id;
    let secret = totp::generate_secret();
    let sealed = sealed::seal(&factors.core.master, person, &secret).map_err(Error::internal)?;
    let mut tx = factors.core.db.write(&authorized).await?;
    if !store::put_unconfirmed_totp(&mut tx, &sealed).await? {
        return Err(Error::conflict(
            ErrorCode::TotpExists,
            "There is an authenticator app already: remove it before adding another one.",
        ));
    }
    let email = users::own_profile(&mut tx).await?.email;
    audit::record_in(&mut tx, person, Act::new("totp.start", "user", person)).await?;
    tx.commit().await?;
    Ok(TotpSecret {
        secret: totp::base32(&secret),
        uri: totp::uri(&secret, &email),
    })
}

/// The authenticator app counts from here on. With the first factor of an account come its recovery codes.
///
/// # Errors
/// 409 `totp_not_started`; 422 on `code`; 429 after too many wrong ones.
pub async fn confirm_totp(
    factors: &SecondFactors,
    authorized: Authorized<'_>,
    code: &str,
) -> Result<Option<Vec<String>>> {
    let quota = quota_of_codes(&factors.core.db, authorized.person(), &authorized.request).await?;
    quotas::spend(&factors.core.db, std::slice::from_ref(&quota), authorized.request.now).await?;
    let mut tx = factors.core.db.write_to_account(&authorized).await?;
    let stored = store::lock_totp(&mut tx).await?;
    let stored = stored.filter(|stored| stored.confirmed_at.is_none()).ok_or_else(|| {
        Error::conflict(
            ErrorCode::TotpNotStarted,
            "There is no authenticator app waiting to be confirmed.",
        )
    })?;
    let is_first = !store::has_factor(&mut tx).await?;
    if !proof::accept_code(factors, &mut tx, &stored, code).await? {
        return Err(Error::invalid(
            "code",
            FieldCode::WrongCode,
            "is not the app's current code",
        ));
    }
    let codes = added(
        factors,
        &mut tx,
        is_first,
        Notice::TotpAdded,
        Act::new("totp.add", "user", authorized.user_id),
    )
    .await?;
    tx.commit().await?;
    quotas::clear(&factors.core.db, &quota).await?;
    factors.core.mail.now();
    Ok(codes)
}

/// # Errors
/// 404 without one.
pub async fn remove_totp(factors: &SecondFactors, authorized: Authorized<'_>) -> Result<()> {
    let mut tx = factors.core.db.write_to_account(&authorized).await?;
    if !store::remove_totp(&mut tx).await? {
        return Err(Error::not_found());
    }
    let act = Act::new("totp.remove", "user", authorized.user_id);
    removed(factors, &mut tx, Notice::TotpRemoved, act).await?;
    tx.commit().await?;
    factors.core.mail.now();
    Ok(())
}

/// What a browser needs to make a passkey.
///
/// # Errors
/// 409 `passkeys_need_host_name`, `passkeys_need_https`, `too_many_passkeys`.
pub async fn start_passkey(factors: &SecondFactors, authorized: Authorized<'_>) -> Result<Ceremony> {
    let party = RelyingParty::new(&authorized.request.origin)?;
    let mut tx = factors.core.db.write(&authorized).await?;
    let existing = store::passkeys(&mut tx).await?;
    refuse_too_many(&existing)?;
    let profile = users::own_profile(&mut tx).await?;
    let (options, state) = party.start_registration(&profile, &existing)?;
    let id = put_ceremony(&mut tx, Purpose::Registration, &party.id, &state).await?;
    tx.commit().await?;
    Ok(Ceremony { id, options })
}

/// Keeps what a passkey of the session is to be judged by; gives its id.
pub async fn put_ceremony(tx: &mut WriteTx, purpose: Purpose, rp_id: &str, state: &serde_json::Value) -> Result<Uuid> {
    let ceremony = NewCeremony {
        id: crate::ids::new_id(),
        purpose,
        rp_id,
        state,
        expires_at: tx.operation().request.now + CHALLENGE_LIFETIME,
    };
    store::put_ceremony(tx, &ceremony).await?;
    Ok(ceremony.id)
}

/// Keeps the passkey that the browser made. With the first factor of an account come its recovery codes.
///
/// # Errors
/// 422 on `name`, on `ceremony_id` when it is unknown, used or expired, on `credential` when it isn't good; 409 `passkey_exists`.
pub async fn add_passkey(
    factors: &SecondFactors,
    authorized: Authorized<'_>,
    ceremony_id: Uuid,
    name: &str,
    answer: &RegisterPublicKeyCredential,
) -> Result<(StoredPasskey, Option<Vec<String>>)> {
    let party = RelyingParty::new(&authorized.request.origin)?;
    let name = checked_name(name)?;
    let mut tx = factors.core.db.write(&authorized).await?;
    let state = store::take_ceremony(&mut tx, ceremony_id, Purpose::Registration, &party.id).await?;
    // Committed before the answer is judged: a wrong one uses the ceremony up, too.
    tx.commit().await?;
    let state = state.ok_or_else(|| Error::invalid("ceremony_id", FieldCode::Ended, "is over: begin again"))?;
    let Some(passkey) = party.finish_registration(state, answer)? else {
        return Err(Error::invalid(
            "credential",
            FieldCode::Refused,
            "does not answer what was asked",
        ));
    };

    let mut tx = factors.core.db.write_to_account(&authorized).await?;
    refuse_too_many(&store::passkeys(&mut tx).await?)?;
    let is_first = !store::has_factor(&mut tx).await?;
    let id = crate::ids::new_id();
    let credential = to_json(&passkey)?;
    let new = NewPasskey {
        id,
        name,
        rp_id: &party.id,
        credential_id: passkey.cred_id(),
        credential: &credential,
    };
    store::insert_passkey(&mut tx, &new).await?;
    let after = json!({"name": name});
    let act = Act::new("passkey.add", "passkey", id).after(&after);
    let codes = added(factors, &mut tx, is_first, Notice::PasskeyAdded, act).await?;
    tx.commit().await?;
    factors.core.mail.now();
    let stored = StoredPasskey {
        id,
        name: name.to_owned(),
        rp_id: party.id,
        credential,
        created_at: authorized.request.now,
        last_used_at: None,
    };
    Ok((stored, codes))
}

/// # Errors
/// 404 for a passkey that isn't the person's; 422 on `name`.
pub async fn rename_passkey(
    factors: &SecondFactors,
    authorized: Authorized<'_>,
    id: Uuid,
    name: impl FnOnce() -> Result<String>,
) -> Result<StoredPasskey> {
    let mut tx = factors.core.db.write(&authorized).await?;
    let passkeys = store::passkeys(&mut tx).await?;
    let before = passkeys.into_iter().find(|passkey| passkey.id == id);
    let before = before.ok_or_else(Error::not_found)?;
    let name = name()?;
    let name = checked_name(&name)?;
    store::rename_passkey(&mut tx, id, name).await?;
    let (old, new) = (json!({"name": before.name}), json!({"name": name}));
    let act = Act::new("passkey.rename", "passkey", id).before(&old).after(&new);
    audit::record_in(&mut tx, authorized.user_id, act).await?;
    tx.commit().await?;
    Ok(StoredPasskey {
        name: name.to_owned(),
        ..before
    })
}

/// # Errors
/// 404 for a passkey that isn't the person's.
pub async fn remove_passkey(factors: &SecondFactors, authorized: Authorized<'_>, id: Uuid) -> Result<()> {
    let mut tx = factors.core.db.write_to_account(&authorized).await?;
    let name = store::remove_passkey(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let before = json!({"name": name});
    let act = Act::new("passkey.remove", "passkey", id).before(&before);
    removed(factors, &mut tx, Notice::PasskeyRemoved, act).await?;
    tx.commit().await?;
    factors.core.mail.now();
    Ok(())
}

/// Fresh recovery codes; those before stop working.
///
/// # Errors
/// 409 `no_second_factor`: there is nothing they could stand in for.
pub async fn renew_recovery_codes(factors: &SecondFactors, authorized: Authorized<'_>) -> Result<Vec<String>> {
    let mut tx = factors.core.db.write_to_account(&authorized).await?;
    if !store::has_factor(&mut tx).await? {
        return Err(Error::conflict(
            ErrorCode::NoSecondFactor,
            "Add an authenticator app or a passkey first.",
        ));
    }
    let codes = make_recovery_codes(factors, &mut tx).await?;
    tell(factors, &mut tx, Notice::NewRecoveryCodes).await?;
    let act = Act::new("recovery_codes.renew", "user", authorized.user_id);
    audit::record_in(&mut tx, authorized.user_id, act).await?;
    tx.commit().await?;
    factors.core.mail.now();
    Ok(codes)
}

/// What follows from a new factor.
async fn added(
    factors: &SecondFactors,
    tx: &mut WriteTx,
    is_first: bool,
    notice: Notice,
    act: Act<'_>,
) -> Result<Option<Vec<String>>> {
    let codes = match is_first {
        true => Some(make_recovery_codes(factors, tx).await?),
        false => None,
    };
    tell(factors, tx, notice).await?;
    let person = tx.operation().user_id;
    audit::record_in(tx, person, act).await?;
    Ok(codes)
}

/// What follows from a factor that is gone: recovery codes don't outlive the last one.
async fn removed(factors: &SecondFactors, tx: &mut WriteTx, notice: Notice, act: Act<'_>) -> Result<()> {
    if !store::has_factor(tx).await? {
        store::replace_recovery_codes(tx, &[]).await?;
    }
    tell(factors, tx, notice).await?;
    let person = tx.operation().user_id;
    audit::record_in(tx, person, act).await
}

async fn make_recovery_codes(factors: &SecondFactors, tx: &mut WriteTx) -> Result<Vec<String>> {
    let person = tx.operation().user_id;
    let codes = recovery_codes::generate();
    let hashes: Vec<Vec<u8>> = codes
        .iter()
        .map(|code| recovery_codes::hash(&factors.core.master, person, code).to_vec())
        .collect();
    store::replace_recovery_codes(tx, &hashes).await?;
    Ok(codes)
}

fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let mut validation = Validation::default();
    validation.line("name", name, 1, 100);
    validation.finish()?;
    Ok(name)
}

fn refuse_too_many(existing: &[StoredPasskey]) -> Result<()> {
    if existing.len() as i64 >= MOST_PASSKEYS {
        let detail = format!("There are {MOST_PASSKEYS} passkeys already: remove one first.");
        return Err(Error::conflict(
            ErrorCode::TooManyPasskeys { max: MOST_PASSKEYS },
            detail,
        ));
    }
    Ok(())
}
