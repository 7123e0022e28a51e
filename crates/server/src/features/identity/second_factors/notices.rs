//! Mails that tell a person what happened to the factors of the account.

use serde_json::json;

use crate::app::App;
use crate::error::Result;
use crate::features::identity::store as accounts;
use crate::plumbing::db::{SystemTx, TenantTx};
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
    /// By the platform or the operator.
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

    fn mail<'a>(self, app: &App, recipient: &'a str, locale: &'a str) -> Mail<'a> {
        Mail {
            template: Template::SecurityNotice,
            recipient,
            fallback_locale: locale,
            parameters: json!({
                "event": self.event(),
                "left": self.left(),
                "link": format!("{}/app/account", app.config.public_origin()),
            }),
            expires_at: None,
        }
    }
}

/// To the person of the transaction. Wake the mail after the commit.
pub async fn tell(app: &App, tx: &mut TenantTx, notice: Notice) -> Result<()> {
    let profile = accounts::profile(tx).await?;
    let now = tx.operation().request.now;
    mail::enqueue(tx.conn(), notice.mail(app, &profile.email, &profile.locale), now).await
}

/// To somebody else. Wake the mail after the commit.
pub async fn tell_account(app: &App, tx: &mut SystemTx, email: &str, notice: Notice) -> Result<()> {
    let now = app.clock.now();
    mail::enqueue(tx.conn(), notice.mail(app, email, "en"), now).await
}
