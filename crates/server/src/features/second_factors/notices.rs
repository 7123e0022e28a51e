//! Mails that tell a person what happened to the factors of the account.

use serde_json::json;

use super::SecondFactors;
use crate::error::Result;
use crate::features::users;
use crate::plumbing::config::Config;
use crate::plumbing::db::{SystemTx, WriteTx};
use crate::plumbing::mail::{self, Mail, Template};

/// What happened. The names are those of the mail's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    TotpAdded,
    TotpRemoved,
    PasskeyAdded,
    PasskeyRemoved,
    NewRecoveryCodes,
    /// With how many are left.
    RecoveryCodeUsed(i64),
    /// By the platform or the operator, or because the mailbox was proven.
    AllRemoved,
    /// Somebody has the password and tried codes.
    WrongCodes,
}

impl Notice {
    fn event(self) -> &'static str {
        match self {
            Notice::TotpAdded => "totp_added",
            Notice::TotpRemoved => "totp_removed",
            Notice::PasskeyAdded => "passkey_added",
            Notice::PasskeyRemoved => "passkey_removed",
            Notice::NewRecoveryCodes => "new_recovery_codes",
            Notice::RecoveryCodeUsed(_) => "recovery_code_used",
            Notice::AllRemoved => "all_removed",
            Notice::WrongCodes => "wrong_codes",
        }
    }

    fn left(self) -> i64 {
        match self {
            Notice::RecoveryCodeUsed(left) => left,
            _ => 0,
        }
    }

    fn mail<'a>(self, config: &Config, recipient: &'a str, locale: &'a str) -> Mail<'a> {
        Mail {
            template: Template::SecurityNotice,
            recipient,
            fallback_locale: locale,
            parameters: json!({
                "event": self.event(),
                "left": self.left(),
                "link": format!("{}/app/account", config.public_origin()),
            }),
            expires_at: None,
        }
    }
}

/// To the person of the transaction. Wake the mail after the commit.
pub async fn tell(factors: &SecondFactors, tx: &mut WriteTx, notice: Notice) -> Result<()> {
    tell_person(&factors.core.config, tx, notice).await
}

/// Somebody proved to own the mailbox, and what was there before is gone. Wake the mail after the commit.
pub async fn tell_all_removed(config: &Config, tx: &mut WriteTx) -> Result<()> {
    tell_person(config, tx, Notice::AllRemoved).await
}

async fn tell_person(config: &Config, tx: &mut WriteTx, notice: Notice) -> Result<()> {
    let profile = users::own_profile(tx).await?;
    let now = tx.operation().request.now;
    mail::enqueue(tx.conn(), notice.mail(config, &profile.email, &profile.locale), now).await
}

/// To somebody else. Wake the mail after the commit.
pub async fn tell_account(factors: &SecondFactors, tx: &mut SystemTx, email: &str, notice: Notice) -> Result<()> {
    let now = factors.core.clock.now();
    mail::enqueue(tx.conn(), notice.mail(&factors.core.config, email, "en"), now).await
}
