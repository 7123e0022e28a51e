//! Looking at an invitation, and accepting it.

use serde_json::json;
use uuid::Uuid;

use super::Invitations;
use super::rules::{Decision, Status, Visitor, decide, status};
use super::store::{self, LinkFacts};
use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::organizations;
use crate::features::users::{check_names, check_password, check_username, normalise};
use crate::features::{sessions, users};
use crate::operation::{Operation, RequestContext};
use crate::permissions::Role;
use crate::plumbing::db::{SystemReason, SystemTx};
use crate::plumbing::events::{self, Topic};
use crate::plumbing::quotas::{self, Quota};
use crate::secrets::sha256;
use crate::validation::Validation;

/// What a person without an account says of themselves.
#[derive(Debug, Clone, Default)]
pub struct AccountFields {
    pub username: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub password: Option<String>,
    pub locale: Option<String>,
}

/// What accepting came to.
pub struct Accepted {
    pub organization_id: Uuid,
    pub organization_name: String,
    pub role: Role,
    pub account_created: bool,
    pub already_member: bool,
}

/// # Errors
/// 404 for a link that nobody was given; 429 after too many of those.
pub async fn look_up(invitations: &Invitations, token: &str, request: &RequestContext) -> Result<(LinkFacts, Status)> {
    let guess = [Quota::unknown_links_from(request.ip)];
    quotas::spend(&invitations.core.db, &guess, request.now).await?;
    let link = store::by_token(&invitations.core.db, &sha256(token.as_bytes())).await?;
    let link = link.ok_or_else(Error::not_found)?;
    quotas::refund(&invitations.core.db, &guess).await?;
    let status = status(&link.facts, request.now);
    Ok((link, status))
}

/// Joins the organization: with the session of the invited account, or with a new account for the invited address. Signs nobody in.
///
/// `fields` is read once it is known that the invitation stands and what it needs.
///
/// # Errors
/// 404; what [`decide`] refuses; 422 naming the field of the new account.
pub async fn accept(
    invitations: &Invitations,
    token: &str,
    session: Option<&Operation>,
    request: &RequestContext,
    fields: impl FnOnce() -> Result<AccountFields>,
) -> Result<Accepted> {
    let (link, _) = look_up(invitations, token, request).await?;
    let mut tx = invitations.core.db.system(SystemReason::InvitationAcceptance).await?;
    let before = visitor(&mut tx, &link, session).await?;
    // Nothing is held while the password is hashed: everything is decided again below.
    drop(tx);
    // Read after the account: whoever finds the account of an acceptance finds the acceptance too.
    let (_, status_now) = look_up(invitations, token, request).await?;
    let decision = decide(status_now, &before)?;
    let fields = fields()?;
    let account = match decision {
        Decision::MakeAccount => Some(new_account(invitations, &link, fields).await?),
        Decision::Join(_) | Decision::AlreadyMember(_) => None,
    };

    let mut tx = invitations.core.db.system(SystemReason::InvitationAcceptance).await?;
    let organization_lives = organizations::lock_members(&mut tx, link.organization_id).await?;
    if let Some(operation) = session
        && !sessions::hold_session(&mut tx, operation.session_id, operation.user_id, request.now).await?
    {
        return Err(Error::unauthenticated());
    }
    let facts = store::lock_facts(&mut tx, &link, &sha256(token.as_bytes())).await?;
    let mut facts = facts.ok_or_else(Error::not_found)?;
    facts.ended |= !organization_lives;
    let visitor = visitor(&mut tx, &link, session).await?;
    let decision = decide(status(&facts, request.now), &visitor)?;
    if decision == Decision::MakeAccount {
        quotas::spend_in(tx.conn(), &[Quota::accounts_accepted(request.ip)], request.now).await?;
    }
    let accepted = apply(&mut tx, &link, decision, account, request).await?;
    tx.commit().await?;
    Ok(accepted)
}

async fn visitor<'a>(tx: &mut SystemTx, link: &'a LinkFacts, session: Option<&Operation>) -> Result<Visitor<'a>> {
    let account = users::account_by_email(tx, &link.email).await?;
    let is_member = match account {
        Some(account) => organizations::role_of(tx, link.organization_id, account)
            .await?
            .is_some(),
        None => false,
    };
    Ok(Visitor {
        email: &link.email,
        account,
        is_member,
        signed_in: session.map(|operation| operation.user_id),
    })
}

async fn apply(
    tx: &mut SystemTx,
    link: &LinkFacts,
    decision: Decision,
    account: Option<users::InvitedAccount>,
    request: &RequestContext,
) -> Result<Accepted> {
    let organization = link.organization_id;
    let accepted = |role, account_created, already_member| Accepted {
        organization_id: organization,
        organization_name: link.organization_name.clone(),
        role,
        account_created,
        already_member,
    };
    let account_created = decision == Decision::MakeAccount;
    let user = match (decision, account) {
        (Decision::AlreadyMember(user), _) => {
            let role = organizations::role_of(tx, organization, user)
                .await?
                .unwrap_or(link.role);
            if store::mark_accepted(tx, link.id, user, request.now).await? {
                let after = json!({"user_id": user, "role": role, "already_member": true});
                let act = Act::new("invitation.accept", "invitation", link.id).after(&after);
                audit::record_by_person(tx, organization, user, request, act).await?;
                events::notify(tx.conn(), Topic::Members, organization, user).await?;
            }
            return Ok(accepted(role, false, true));
        }
        (Decision::Join(user), _) => user,
        (Decision::MakeAccount, Some(account)) => users::create_invited_account(tx, &account, request).await?,
        // The address had an account when the fields were read, and hasn't any more.
        (Decision::MakeAccount, None) => {
            return Err(Error::conflict(
                ErrorCode::AccountChanged,
                "Try again: the account changed in the meantime.",
            ));
        }
    };
    organizations::insert_member(tx.conn(), organization, user, link.role, request.now).await?;
    store::mark_accepted(tx, link.id, user, request.now).await?;
    let after = json!({"user_id": user, "role": link.role, "account_created": account_created});
    let act = Act::new("invitation.accept", "invitation", link.id).after(&after);
    audit::record_by_person(tx, organization, user, request, act).await?;
    events::notify(tx.conn(), Topic::Members, organization, user).await?;
    events::notify(tx.conn(), Topic::Organizations, user, organization).await?;
    Ok(accepted(link.role, account_created, false))
}

/// Checks the fields of a new account and hashes its password.
async fn new_account(
    invitations: &Invitations,
    link: &LinkFacts,
    fields: AccountFields,
) -> Result<users::InvitedAccount> {
    let mut validation = Validation::default();
    for (field, value) in [("username", &fields.username), ("password", &fields.password)] {
        validation.check(
            value.is_some(),
            field,
            FieldCode::Required,
            "is required: the address has no account yet",
        );
    }
    let username = fields.username.as_deref().map(normalise);
    let first_name = fields.first_name.unwrap_or_default().trim().to_owned();
    let last_name = fields.last_name.unwrap_or_default().trim().to_owned();
    let locale = fields.locale.unwrap_or_else(|| link.locale.clone());
    if let Some(username) = &username {
        check_username(&mut validation, "username", username);
    }
    check_names(&mut validation, &first_name, &last_name, &locale);
    let username = username.unwrap_or_default();
    if let Some(password) = &fields.password {
        let own_words = [
            link.email.as_str(),
            &username,
            &first_name,
            &last_name,
            &link.organization_name,
        ];
        check_password(&mut validation, "password", password, &own_words);
    }
    validation.finish()?;
    let password_hash = invitations
        .users
        .passwords
        .hash(fields.password.unwrap_or_default())
        .await?;
    Ok(users::InvitedAccount {
        email: link.email.clone(),
        username,
        first_name,
        last_name,
        locale,
        password_hash,
        mailbox_proven: !link.link_shown,
    })
}
