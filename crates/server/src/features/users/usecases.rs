//! Making accounts, and what a person changes of the own one.

use serde_json::json;
use uuid::Uuid;

use super::Users;
use super::rules::{check_email, check_names, check_password, check_username, normalise};
use super::store::{self, Profile};
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::operation::{Authorized, RequestContext};
use crate::plumbing::db::SystemTx;
use crate::validation::Validation;

pub async fn profile(users: &Users, authorized: Authorized<'_>) -> Result<Profile> {
    let mut tx = users.core.db.read(&authorized).await?;
    store::profile(&mut tx).await
}

/// What a person may change of the own account. Absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub locale: Option<String>,
}

/// # Errors
/// 422 naming the field.
pub async fn update_profile(users: &Users, authorized: Authorized<'_>, change: ProfileChange) -> Result<Profile> {
    let mut tx = users.core.db.write_to_account(&authorized).await?;
    let before = store::profile(&mut tx).await?;
    let first_name = change.first_name.unwrap_or_else(|| before.first_name.clone());
    let last_name = change.last_name.unwrap_or_else(|| before.last_name.clone());
    let username = change
        .username
        .map_or_else(|| before.username.clone(), |username| normalise(&username));
    let locale = change.locale.unwrap_or_else(|| before.locale.clone());
    let mut validation = Validation::default();
    check_names(&mut validation, &first_name, &last_name, &locale);
    // One from before a rule may stay.
    if username != before.username {
        check_username(&mut validation, "username", &username);
    }
    validation.finish()?;
    store::update_profile(&mut tx, first_name.trim(), last_name.trim(), &username, &locale).await?;
    let after = store::profile(&mut tx).await?;
    let show = |profile: &Profile| json!({"first_name": profile.first_name, "last_name": profile.last_name, "username": profile.username, "locale": profile.locale});
    audit::record_in(
        &mut tx,
        after.id,
        Act::new("profile.update", "user", after.id)
            .before(&show(&before))
            .after(&show(&after)),
    )
    .await?;
    tx.commit().await?;
    Ok(after)
}

/// An account made from outside a session. The password is checked against the same rules as everybody's.
pub struct AccountRequest {
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub password: String,
    pub platform_admin: bool,
}

/// # Errors
/// 422 naming the field.
pub async fn create_account(users: &Users, tx: &mut SystemTx, request: AccountRequest) -> Result<Uuid> {
    let (email, username) = (normalise(&request.email), normalise(&request.username));
    let mut validation = Validation::default();
    check_email(&mut validation, "email", &email);
    check_username(&mut validation, "username", &username);
    let own_words = [email.as_str(), &username, &request.first_name, &request.last_name];
    check_password(&mut validation, "password", &request.password, &own_words);
    validation.finish()?;
    let password_hash = users.passwords.hash(request.password).await?;
    let (id, now) = (crate::ids::new_id(), users.core.clock.now());
    let account = store::NewAccount {
        id,
        email: &email,
        username: &username,
        first_name: &request.first_name,
        last_name: &request.last_name,
        locale: "en",
        password_hash: &password_hash,
        platform_admin: request.platform_admin,
        mailbox_proven: true,
        now,
    };
    store::insert_account(tx, &account).await?;
    let after = json!({"email": email, "username": username, "platform_admin": request.platform_admin});
    audit::record_system(tx, id, now, Act::new("user.create", "user", id).after(&after)).await?;
    Ok(id)
}

/// An account that an invited person makes, checked already.
pub struct InvitedAccount {
    pub email: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub locale: String,
    pub password_hash: String,
    /// Only the mail of the address held the invitation's link.
    pub mailbox_proven: bool,
}

/// Makes it.
///
/// # Errors
/// 422 when the username or the address is taken.
pub async fn create_invited_account(
    tx: &mut SystemTx,
    account: &InvitedAccount,
    request: &RequestContext,
) -> Result<Uuid> {
    let id = crate::ids::new_id();
    let new = store::NewAccount {
        id,
        email: &account.email,
        username: &account.username,
        first_name: &account.first_name,
        last_name: &account.last_name,
        locale: &account.locale,
        password_hash: &account.password_hash,
        platform_admin: false,
        mailbox_proven: account.mailbox_proven,
        now: request.now,
    };
    store::insert_account(tx, &new).await?;
    let after = json!({"email": account.email, "username": account.username, "platform_admin": false});
    let act = Act::new("user.create", "user", id).after(&after);
    audit::record_by_person(tx, id, id, request, act).await?;
    Ok(id)
}
