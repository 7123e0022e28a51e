//! An answer to "prove that it is you", and whether it is a good one.

use serde_json::Value;
use webauthn_rs::prelude::PublicKeyCredential;

use super::SecondFactors;
use super::notices::{Notice, tell};
use super::passkeys::RelyingParty;
use super::{Method, recovery_codes, sealed, store, totp};
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::plumbing::db::WriteTx;

/// What somebody answers with.
pub enum Proof {
    /// Of the authenticator app.
    Code(String),
    RecoveryCode(String),
    Passkey(Box<PublicKeyCredential>),
}

impl Proof {
    pub fn method(&self) -> Method {
        match self {
            Proof::Code(_) => Method::Totp,
            Proof::RecoveryCode(_) => Method::RecoveryCode,
            Proof::Passkey(_) => Method::Passkey,
        }
    }

    /// Short enough to be tried. A signature is not.
    pub fn is_guessable(&self) -> bool {
        !matches!(self, Proof::Passkey(_))
    }

    /// # Errors
    /// 422 on `passkey` when it isn't what a browser answers.
    pub fn passkey(answer: Value) -> Result<Self> {
        let credential = serde_json::from_value(answer)
            .map_err(|_| Error::invalid("passkey", FieldCode::Malformed, "is not a public key credential"))?;
        Ok(Proof::Passkey(Box::new(credential)))
    }
}

/// Whether the person of the transaction could have given this proof. A good one is used up with the commit: roll back, and it
/// still works. `passkey_state`: what a passkey was asked to sign.
pub async fn prove(
    factors: &SecondFactors,
    tx: &mut WriteTx,
    proof: &Proof,
    passkey_state: Option<Value>,
) -> Result<bool> {
    match proof {
        Proof::Code(code) => prove_by_code(factors, tx, code).await,
        Proof::RecoveryCode(code) => prove_by_recovery_code(factors, tx, code).await,
        Proof::Passkey(answer) => match passkey_state {
            Some(state) => prove_by_passkey(tx, answer, state).await,
            None => Ok(false),
        },
    }
}

async fn prove_by_code(factors: &SecondFactors, tx: &mut WriteTx, code: &str) -> Result<bool> {
    let stored = store::lock_totp(tx).await?;
    match stored.filter(|stored| stored.confirmed_at.is_some()) {
        Some(stored) => accept_code(factors, tx, &stored, code).await,
        None => Ok(false),
    }
}

/// Uses a code up if it is a good one.
pub async fn accept_code(factors: &SecondFactors, tx: &mut WriteTx, stored: &store::Totp, code: &str) -> Result<bool> {
    let (person, now) = (tx.operation().user_id, tx.operation().request.now);
    let secret = sealed::open(&factors.core.master, person, &stored.secret_encrypted).map_err(Error::internal)?;
    let Some(step) = totp::matching_step(&secret, code, now, stored.last_step) else {
        return Ok(false);
    };
    store::use_totp(tx, step).await?;
    Ok(true)
}

async fn prove_by_recovery_code(factors: &SecondFactors, tx: &mut WriteTx, code: &str) -> Result<bool> {
    let hash = recovery_codes::hash(&factors.core.master, tx.operation().user_id, code);
    // Codes only stand in for factors: without any they would be a second password.
    if !store::has_factor(tx).await? || !store::use_recovery_code(tx, &hash).await? {
        return Ok(false);
    }
    let left = store::recovery_codes_left(tx).await?;
    tell(factors, tx, Notice::RecoveryCodeUsed(left)).await?;
    Ok(true)
}

async fn prove_by_passkey(tx: &mut WriteTx, answer: &PublicKeyCredential, state: Value) -> Result<bool> {
    let party = RelyingParty::new(&tx.operation().request.origin)?;
    let passkeys = store::passkeys(tx).await?;
    let Some((id, credential)) = party.finish_authentication(state, answer, &passkeys)? else {
        return Ok(false);
    };
    store::use_passkey(tx, id, &credential).await?;
    Ok(true)
}
