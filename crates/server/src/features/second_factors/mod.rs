//! Second factors of signing in: an authenticator app (TOTP), passkeys, and recovery codes for when neither is at hand.
//!
//! - An account with a confirmed factor signs in in two steps: the right password gives a challenge, not a session. Only a factor
//!   turns the challenge into the session. A new password by mail takes no factor away.
//! - A code works once: a time step that was used is refused, a recovery code is spent, a signed challenge is gone.
//! - The secret of an authenticator app is encrypted under a key of the installation and the person; recovery codes are kept as
//!   keyed hashes; of passkeys there is nothing secret here.
//! - Wrong codes count against the challenge and the account, before they are looked at. Nobody gets as far without the password.
//!
//! Tables: `totp_authenticators`, `passkeys`, `recovery_codes`, `sign_in_challenges`, `passkey_ceremonies`. Uses: audit, users, sessions.

mod attempts;
mod enrolment;
mod http;
mod notices;
mod passkeys;
mod proof;
mod recovery_codes;
mod removal;
mod sealed;
mod sign_in;
mod store;
pub mod totp;

use chrono::Duration;

use crate::core::Core;
use crate::features::sessions::Sessions;
use crate::plumbing::module::{Module, Surface, Sweep};
pub use attempts::quota_of_codes;
pub use enrolment::put_ceremony;
pub use http::{SecondFactorChallenge, challenge_response};
pub use notices::tell_all_removed;
pub use passkeys::{Ceremony, Purpose, RelyingParty};
pub use proof::{Proof, prove};
pub use recovery_codes::hash as hash_recovery_code;
pub use removal::{by_operator, of_account};
pub use sealed::seal;
pub use sign_in::{Challenge, challenge};
pub use store::{end_challenges, end_challenges_of, forget_account, has_factor, own_factors, take_ceremony};

#[derive(Clone)]
pub struct SecondFactors {
    core: Core,
    sessions: Sessions,
}

impl SecondFactors {
    pub fn new(core: Core, sessions: Sessions) -> Self {
        Self { core, sessions }
    }

    pub fn module(&self) -> Module {
        let tables = &[
            "totp_authenticators",
            "passkeys",
            "recovery_codes",
            "sign_in_challenges",
            "passkey_ceremonies",
        ];
        Module::new("second_factors", Surface::Session, tables)
            .routes(http::routes().with_state(self.clone()))
            .sweep(Sweep {
                name: "unfinished_sign_ins",
                keep: Duration::zero(),
                remove: |tx, before, limit| Box::pin(store::remove_expired(tx, before, limit)),
            })
    }
}

/// How long a challenge, and what a passkey is asked to sign, may wait for its answer.
const CHALLENGE_LIFETIME: Duration = Duration::minutes(5);
/// Wrong answers after which a challenge is gone.
const MOST_FAILURES: i32 = 5;
const MOST_PASSKEYS: i64 = 20;

/// A way to prove who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Password,
    Totp,
    Passkey,
    RecoveryCode,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Totp => "totp",
            Method::Passkey => "passkey",
            Method::RecoveryCode => "recovery_code",
        }
    }
}
