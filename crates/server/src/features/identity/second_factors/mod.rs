//! Second factors of signing in: an authenticator app (TOTP), passkeys, and recovery codes for when neither is at hand.
//!
//! - An account with a confirmed factor signs in in two steps: the right password gives a challenge, not a session. Only a factor
//!   turns the challenge into the session. A new password by mail takes no factor away.
//! - A code works once: a time step that was used is refused, a recovery code is spent, a signed challenge is gone.
//! - The secret of an authenticator app is encrypted under a key of the installation and the person; recovery codes are kept as
//!   keyed hashes; of passkeys there is nothing secret here.
//! - Wrong codes count against the challenge and the account, before they are looked at. Nobody gets as far without the password.
//!
//! Tables: `totp_authenticators`, `passkeys`, `recovery_codes`, `sign_in_challenges`, `passkey_ceremonies`. Uses: audit, mail.

mod enrolment;
pub mod http;
mod notices;
mod passkeys;
mod proof;
pub mod recovery_codes;
mod removal;
mod sealed;
pub(super) mod sign_in;
mod store;
pub mod totp;

pub use proof::{Proof, prove};
pub use removal::{by_operator, of_account};
pub use sealed::seal;
pub use store::{forget_account, remove_expired};

pub(super) use enrolment::put_ceremony;
pub(super) use passkeys::{Ceremony, Purpose, RelyingParty};
pub(super) use store::{end_challenges, end_challenges_of, has_factor, own_factors, take_ceremony};

use chrono::Duration;

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
