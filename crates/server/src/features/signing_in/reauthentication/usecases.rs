//! Which proofs a person could give, and giving one.

use serde_json::json;
use uuid::Uuid;

use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::second_factors::{
    Ceremony, Method, Proof, Purpose, RelyingParty, own_factors, prove, put_ceremony, take_ceremony,
};
use crate::features::signing_in::SigningIn;
use crate::features::users::confirm_password;
use crate::features::{second_factors, sessions, users};
use crate::operation::Authorized;
use crate::plumbing::quotas;

/// What the person could answer with, and what a passkey would be asked to sign.
pub struct Choices {
    pub methods: Vec<Method>,
    pub passkey: Option<Ceremony>,
}

pub async fn start(signing_in: &SigningIn, authorized: Authorized<'_>) -> Result<Choices> {
    let mut tx = signing_in.core.db.write(&authorized).await?;
    let mut methods = Vec::new();
    if users::has_password(&mut tx).await? {
        methods.push(Method::Password);
    }
    let factors = own_factors(&mut tx).await?;
    if factors.has_totp {
        methods.push(Method::Totp);
    }
    let mut passkey = None;
    if let Ok(party) = RelyingParty::new(&authorized.request.origin)
        && let Some((options, state)) = party.start_authentication(&factors.passkeys)?
    {
        methods.push(Method::Passkey);
        let id = put_ceremony(&mut tx, Purpose::Reauthentication, &party.id, &state).await?;
        passkey = Some(Ceremony { id, options });
    }
    tx.commit().await?;
    Ok(Choices { methods, passkey })
}

/// What a person confirms with that it is them.
pub enum Confirmation {
    Password(String),
    Code(String),
    /// With the ceremony that asked for it.
    Passkey(Uuid, Proof),
}

/// Makes the session's proof a fresh one.
///
/// # Errors
/// 422 on the field that is wrong; 429 after too many.
pub async fn reauthenticate(
    signing_in: &SigningIn,
    authorized: Authorized<'_>,
    confirmation: Confirmation,
) -> Result<()> {
    let quota = second_factors::quota_of_codes(&signing_in.core.db, authorized.person(), &authorized.request).await?;
    let (method, outcome) = match confirmation {
        Confirmation::Password(password) => {
            confirm_password(&signing_in.users, authorized, password).await?;
            (Method::Password, None)
        }
        Confirmation::Code(code) => {
            quotas::spend(
                &signing_in.core.db,
                std::slice::from_ref(&quota),
                authorized.request.now,
            )
            .await?;
            (Method::Totp, Some((Proof::Code(code), None, "code")))
        }
        Confirmation::Passkey(ceremony, proof) => {
            let party = RelyingParty::new(&authorized.request.origin)?;
            let mut tx = signing_in.core.db.write(&authorized).await?;
            let state = take_ceremony(&mut tx, ceremony, Purpose::Reauthentication, &party.id).await?;
            // Committed before the answer is judged: a wrong one uses the ceremony up, too.
            tx.commit().await?;
            let state = state.ok_or_else(|| Error::invalid("ceremony_id", FieldCode::Ended, "is over: begin again"))?;
            (Method::Passkey, Some((proof, Some(state), "passkey")))
        }
    };
    // A transaction of the workspace holds a lock on the session that would keep it from being changed.
    let mut tx = signing_in
        .core
        .db
        .for_signing_in(authorized.person(), &authorized.request)
        .await?;
    if !sessions::confirm_session(&mut tx, authorized.session_id).await? {
        return Err(Error::unauthenticated());
    }
    if let Some((proof, state, field)) = outcome
        && !prove(&signing_in.factors, &mut tx, &proof, state).await?
    {
        return Err(Error::invalid(
            field,
            FieldCode::WrongCode,
            "is not right, or was used already",
        ));
    }
    let after = json!({"method": method.as_str()});
    let act = Act::new("session.reauthenticate", "session", authorized.session_id).after(&after);
    audit::record_in(&mut tx, authorized.user_id, act).await?;
    tx.commit().await?;
    if method == Method::Totp {
        quotas::clear(&signing_in.core.db, &quota).await?;
    }
    Ok(())
}
