//! The second step of signing in.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::SecondFactors;
use super::attempts::quota_of_codes;
use super::notices::{Notice, tell};
use super::passkeys::RelyingParty;
use super::{CHALLENGE_LIFETIME, MOST_FAILURES, Method, Proof, prove, store};
use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};
use crate::features::audit::{self, Act};
use crate::features::sessions::{SignedIn, open_session};
use crate::features::users;
use crate::operation::{Proven, RequestContext};
use crate::plumbing::db::{TenantTx, WriteTx};
use crate::plumbing::quotas;
use crate::secrets::{random_token, sha256};

/// What somebody with the right password is told instead of being signed in.
pub struct Challenge {
    pub token: String,
    pub methods: Vec<Method>,
    /// For `navigator.credentials.get`.
    pub passkey_options: Option<Value>,
    pub expires_at: DateTime<Utc>,
}

/// Asks the person of a transaction for the second factor, and commits. The caller has checked the password.
pub async fn challenge(mut tx: WriteTx) -> Result<Challenge> {
    let (person, request) = (tx.operation().user_id, tx.operation().request.clone());
    let (token, expires_at) = (random_token(), request.now + CHALLENGE_LIFETIME);
    let (methods, passkey) = methods(&mut tx, &request.origin).await?;
    let (passkey_options, passkey_state) = passkey.unzip();
    let challenge = store::NewChallenge {
        token_hash: &sha256(token.as_bytes()),
        expires_at,
        passkey_state: passkey_state.as_ref(),
    };
    store::insert_challenge(&mut tx, &challenge).await?;
    audit::record_in(&mut tx, person, Act::new("session.challenge", "user", person)).await?;
    tx.commit().await?;
    Ok(Challenge {
        token,
        methods,
        passkey_options,
        expires_at,
    })
}

/// What the person can answer with here, and what a passkey would be asked to sign.
async fn methods(tx: &mut TenantTx, origin: &str) -> Result<(Vec<Method>, Option<(Value, Value)>)> {
    let mut methods = Vec::new();
    let factors = store::own_factors(tx).await?;
    if factors.has_totp {
        methods.push(Method::Totp);
    }
    let passkey = match RelyingParty::new(origin) {
        Ok(party) => party.start_authentication(&factors.passkeys)?,
        Err(_) => None,
    };
    if passkey.is_some() {
        methods.push(Method::Passkey);
    }
    if store::recovery_codes_left(tx).await? > 0 {
        methods.push(Method::RecoveryCode);
    }
    Ok((methods, passkey))
}

/// Turns a challenge into a session.
///
/// # Errors
/// 401 `challenge_ended` for one that is unknown, used, expired or was answered wrongly too often: begin with the password again;
/// 401 `invalid_second_factor`; 429 after too many wrong codes for the account.
pub async fn answer(factors: &SecondFactors, token: &str, proof: Proof, request: &RequestContext) -> Result<SignedIn> {
    let token_hash = sha256(token.as_bytes());
    let person = store::challenged(&factors.core.db, &token_hash, request.now).await?;
    let person = Proven::by_challenge(person.ok_or_else(ended)?);
    let quota = quota_of_codes(&factors.core.db, person, request).await?;
    if proof.is_guessable() {
        quotas::spend(&factors.core.db, std::slice::from_ref(&quota), request.now).await?;
    }
    let mut tx = factors.core.db.for_signing_in(person, request).await?;
    let is_enabled = users::hold_account(&mut tx).await?.is_some();
    let challenge = store::lock_challenge(&mut tx, &token_hash).await?;
    let challenge = challenge.filter(|_| is_enabled).ok_or_else(ended)?;
    let method = proof.method();
    if !prove(factors, &mut tx, &proof, challenge.passkey_state).await? {
        return refuse(factors, tx, &token_hash, method, challenge.failures + 1).await;
    }
    store::end_challenge(&mut tx, &token_hash).await?;
    let signed_in = open_session(&factors.sessions, tx, Some(json!({"second_factor": method.as_str()}))).await?;
    quotas::clear(&factors.core.db, &quota).await?;
    factors.core.mail.now();
    Ok(signed_in)
}

async fn refuse(
    factors: &SecondFactors,
    mut tx: WriteTx,
    token_hash: &[u8],
    method: Method,
    failures: i32,
) -> Result<SignedIn> {
    let person = tx.operation().user_id;
    let is_over = failures >= MOST_FAILURES;
    if is_over {
        store::end_challenge(&mut tx, token_hash).await?;
        tell(factors, &mut tx, Notice::WrongCodes).await?;
    } else {
        store::count_failure(&mut tx, token_hash).await?;
    }
    let after = json!({"method": method.as_str(), "failures": failures});
    let act = Act::new("session.refuse_second_factor", "user", person).after(&after);
    audit::record_in(&mut tx, person, act).await?;
    tx.commit().await?;
    if is_over {
        factors.core.mail.now();
        return Err(ended());
    }
    Err(Error::new(
        Kind::Unauthenticated,
        ErrorCode::InvalidSecondFactor,
        "That is not right, or was used already.",
    ))
}

fn ended() -> Error {
    Error::new(
        Kind::Unauthenticated,
        ErrorCode::ChallengeEnded,
        "This sign-in is over: begin again with the password.",
    )
}
