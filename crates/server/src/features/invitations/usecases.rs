//! Inviting, listing, sending again, withdrawing.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Invitations;
use super::LIFETIME;
use super::rules::{Delivery, Status};
use super::store::{self, InvitationRow, NewInvitation};
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::features::organizations::members::require_delegation;
use crate::features::users;
use crate::features::users::{check_email, normalise};
use crate::operation::Authorized;
use crate::permissions::Role;
use crate::plumbing::db::{SystemTx, TenantTx, WriteTx};
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::paging::{Page, Paging};
use crate::plumbing::events::{self, Topic};
use crate::plumbing::mail::{self, Mail, Template};
use crate::plumbing::quotas::{self, Quota};
use crate::secrets::{random_token, sha256};
use crate::validation::{Validation, mailed};

/// An invitation, and what became of its mail.
pub struct Followed {
    pub row: InvitationRow,
    /// None where no mail server carries it, and for a mail of long ago.
    pub delivery: Option<Delivery>,
}

/// What became of one address.
pub enum Outcome {
    /// The invitation, and its link where no mail server carries it.
    Made {
        invitation: Followed,
        link: Option<String>,
    },
    AlreadyInvited,
    AlreadyMember,
}

pub async fn list(
    invitations: &Invitations,
    authorized: Authorized<'_>,
    status: Option<Status>,
    paging: &Paging,
) -> Result<Page<Followed>> {
    let mut tx = invitations.core.db.read(&authorized).await?;
    let (organization, _) = tx.operation().workspace.organization(authorized.permission())?;
    let rows = store::list(&mut tx, organization, status.map(Status::as_str), paging).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let deliveries = store::deliveries(&mut tx, organization, &ids).await?;
    let followed = |row: InvitationRow| Followed {
        delivery: deliveries.get(&row.id).cloned(),
        row,
    };
    Ok(paging.page(rows, |row| (row.created_at, row.id), followed))
}

/// Addresses as they are compared, each once.
///
/// # Errors
/// 422 naming the addresses that are none.
pub fn check_addresses(addresses: &[(String, String)]) -> Result<Vec<String>> {
    let mut validation = Validation::default();
    let mut emails = Vec::new();
    for (field, address) in addresses {
        let email = normalise(address);
        check_email(&mut validation, field, &email);
        if !emails.contains(&email) {
            emails.push(email);
        }
    }
    validation.finish()?;
    Ok(emails)
}

/// Invites every address; those that belong to a member or have an open invitation are left as they are.
///
/// # Errors
/// 403 `delegation` for a role beyond the inviter's reach; 429 when too many people were invited today; what `show` refuses,
/// and nothing is done then.
pub async fn create(
    invitations: &Invitations,
    authorized: Authorized<'_>,
    emails: &[String],
    role: Role,
    attempt: &Attempt<'_>,
    show: impl FnOnce(Vec<(String, Outcome)>) -> Result<Value>,
) -> Result<FirstAnswer> {
    // Batches of one organization take turns: together they keep to the day's number.
    let mut tx = invitations.core.db.write_to_organization(&authorized).await?;
    if let Some(answer) = attempt.replay(&mut tx).await? {
        return Ok(answer);
    }
    let (organization, actor) = tx.operation().workspace.organization(authorized.permission())?;
    require_delegation(actor, None, Some(role), authorized.permission())?;
    let (by, request) = (authorized.user_id, &authorized.request);
    let quotas = Quota::people_brought_in(by, organization, request.ip, emails);
    quotas::spend_in(tx.conn(), &quotas, request.now).await?;
    let sender = Sender::of(&mut tx).await?;
    let mut outcomes = Vec::new();
    for email in emails {
        let outcome = invite(invitations, &mut tx, organization, &sender, email, role).await?;
        outcomes.push((email.clone(), outcome));
    }
    let answer = FirstAnswer::created(show(outcomes)?);
    let kept = FirstAnswer {
        body: without_links(answer.body.clone()),
        ..answer.clone()
    };
    attempt.keep(&mut tx, &kept, None).await?;
    tx.commit().await?;
    invitations.core.mail.now();
    Ok(answer)
}

/// Links are shown once: a replayed answer says that they were.
fn without_links(mut body: Value) -> Value {
    let hide = |invitation: &mut Value| {
        if let Some(invitation) = invitation.as_object_mut()
            && invitation.remove("link").is_some()
        {
            invitation.insert("secret_already_shown".to_owned(), json!(true));
        }
    };
    match body.get_mut("items").and_then(Value::as_array_mut) {
        Some(items) => items.iter_mut().for_each(|item| hide(&mut item["invitation"])),
        None => hide(&mut body),
    }
    body
}

async fn invite(
    invitations: &Invitations,
    tx: &mut WriteTx,
    organization: Uuid,
    sender: &Sender,
    email: &str,
    role: Role,
) -> Result<Outcome> {
    if store::is_member(tx, organization, email).await? {
        return Ok(Outcome::AlreadyMember);
    }
    if let Some(expired) = store::revoke_expired(tx, organization, email).await? {
        let before = json!({"email": email});
        audit::record(tx, Act::new("invitation.revoke", "invitation", expired).before(&before)).await?;
    }
    let (id, token, mail) = (crate::ids::new_id(), random_token(), mail_of(invitations));
    let invitation = NewInvitation {
        id,
        organization,
        email,
        role,
        token_hash: &sha256(token.as_bytes()),
        invited_by_name: &sender.name,
        expires_at: tx.operation().request.now + LIFETIME,
        mail,
    };
    if !store::insert(tx, &invitation).await? {
        return Ok(Outcome::AlreadyInvited);
    }
    let letter = Letter {
        email,
        role,
        token: &token,
        mail,
    };
    let link = send(invitations, tx, sender, letter).await?;
    let after = json!({"email": email, "role": role});
    audit::record(tx, Act::new("invitation.create", "invitation", id).after(&after)).await?;
    events::notify(tx.conn(), Topic::Members, organization, id).await?;
    let invitation = one(tx, organization, id).await?;
    Ok(Outcome::Made { invitation, link })
}

/// Sends an invitation again, with a new link and seven new days. Whoever does becomes the inviter.
///
/// # Errors
/// 404; 403 `delegation`; 409 `invitation_used`, `invitation_revoked`; 429 when it was sent too often.
pub async fn resend(
    invitations: &Invitations,
    authorized: Authorized<'_>,
    id: Uuid,
) -> Result<(Followed, Option<String>)> {
    let now = authorized.request.now;
    let mut tx = invitations.core.db.write(&authorized).await?;
    let (organization, actor) = tx.operation().workspace.organization(authorized.permission())?;
    let invitation = store::lock(&mut tx, organization, id)
        .await?
        .ok_or_else(Error::not_found)?;
    require_delegation(actor, None, Some(invitation.role), authorized.permission())?;
    if invitation.accepted {
        return Err(used());
    }
    if invitation.revoked {
        return Err(Error::conflict(
            ErrorCode::InvitationRevoked,
            "This invitation was withdrawn: make a new one.",
        ));
    }
    let quotas = Quota::invitation_sent_again(id, authorized.user_id, organization, &invitation.email);
    quotas::spend_in(tx.conn(), &quotas, now).await?;
    let (sender, token) = (Sender::of(&mut tx).await?, random_token());
    let token_hash = sha256(token.as_bytes());
    let mail = mail_of(invitations);
    store::renew(
        &mut tx,
        organization,
        id,
        &token_hash,
        &sender.name,
        now + LIFETIME,
        mail,
    )
    .await?;
    let letter = Letter {
        email: &invitation.email,
        role: invitation.role,
        token: &token,
        mail,
    };
    let link = send(invitations, &mut tx, &sender, letter).await?;
    let after = json!({"email": invitation.email, "role": invitation.role});
    audit::record(&mut tx, Act::new("invitation.resend", "invitation", id).after(&after)).await?;
    events::notify(tx.conn(), Topic::Members, organization, id).await?;
    let followed = one(&mut tx, organization, id).await?;
    tx.commit().await?;
    invitations.core.mail.now();
    Ok((followed, link))
}

/// Withdraws an invitation. Doing so again changes nothing.
///
/// # Errors
/// 404; 403 `delegation`; 409 `invitation_used`.
pub async fn revoke(invitations: &Invitations, authorized: Authorized<'_>, id: Uuid) -> Result<()> {
    let mut tx = invitations.core.db.write(&authorized).await?;
    let (organization, actor) = tx.operation().workspace.organization(authorized.permission())?;
    let invitation = store::lock(&mut tx, organization, id)
        .await?
        .ok_or_else(Error::not_found)?;
    require_delegation(actor, None, Some(invitation.role), authorized.permission())?;
    if invitation.accepted {
        return Err(used());
    }
    if store::revoke(&mut tx, organization, Some(id)).await? > 0 {
        let before = json!({"email": invitation.email, "role": invitation.role});
        audit::record(&mut tx, Act::new("invitation.revoke", "invitation", id).before(&before)).await?;
        events::notify(tx.conn(), Topic::Members, organization, id).await?;
    }
    tx.commit().await
}

/// Ends every open invitation of the transaction's organization, when it ends itself. Says how many; audit and events are the
/// caller's act.
pub async fn end_all(tx: &mut WriteTx) -> Result<u64> {
    match tx.operation().workspace.organization_id() {
        Some(organization) => store::revoke(tx, organization, None).await,
        None => Ok(0),
    }
}

/// How many people the transaction's organization waits for.
pub async fn count_open(tx: &mut TenantTx) -> Result<i64> {
    match tx.operation().workspace.organization_id() {
        Some(organization) => store::count_open(tx, organization).await,
        None => Ok(0),
    }
}

/// Ends every open invitation to an address whose account is closed; says how many. Nobody's name stands in the organizations' logs:
/// they needn't learn whose account it was, or that there was one.
pub async fn end_for_address(tx: &mut SystemTx, email: &str, now: DateTime<Utc>) -> Result<usize> {
    let ended = store::revoke_to_address(tx, email, now).await?;
    for (organization, id) in &ended {
        let act = Act::new("invitation.revoke", "invitation", *id);
        audit::record_system(tx, *organization, now, act).await?;
        events::notify(tx.conn(), Topic::Members, *organization, *id).await?;
    }
    Ok(ended.len())
}

/// Who invites, as the invited read it.
struct Sender {
    name: String,
    /// In mails: nothing that they would make a link of.
    mailed_name: Option<String>,
    organization: Option<String>,
    locale: String,
}

impl Sender {
    async fn of(tx: &mut TenantTx) -> Result<Self> {
        let profile = users::own_profile(tx).await?;
        let full_name = format!("{} {}", profile.first_name, profile.last_name);
        let name = match full_name.trim() {
            "" => profile.username,
            name => name.to_owned(),
        };
        Ok(Self {
            mailed_name: mailed(&name),
            name,
            organization: profile.organization_name.as_deref().and_then(mailed),
            locale: profile.locale,
        })
    }
}

/// The mail that will carry a link; none where it would only end in a file, and the link is shown instead.
fn mail_of(invitations: &Invitations) -> Option<Uuid> {
    mail::is_sent(&invitations.core.config).then(crate::ids::new_id)
}

/// What is sent to whom.
struct Letter<'a> {
    email: &'a str,
    role: Role,
    token: &'a str,
    /// As [`mail_of`] said.
    mail: Option<Uuid>,
}

/// Queues the mail; the link also comes back when it would only end in a file.
async fn send(
    invitations: &Invitations,
    tx: &mut WriteTx,
    sender: &Sender,
    letter: Letter<'_>,
) -> Result<Option<String>> {
    let now = tx.operation().request.now;
    let link_at = |origin: &str| format!("{origin}/app/invitation#token={}", letter.token);
    let link = link_at(&invitations.core.config.public_origin());
    let mail = Mail {
        template: Template::Invitation,
        recipient: letter.email,
        fallback_locale: &sender.locale,
        parameters: json!({
            "organization": sender.organization, "inviter": sender.mailed_name, "role": letter.role, "link": link, "days": LIFETIME.num_days(),
        }),
        expires_at: Some(now + LIFETIME),
    };
    mail::enqueue_as(tx.conn(), letter.mail.unwrap_or_else(crate::ids::new_id), mail, now).await?;
    // Whoever hands it over reaches us under this very address.
    let handed_over = link_at(&tx.operation().request.origin);
    Ok(letter.mail.is_none().then_some(handed_over))
}

async fn one(tx: &mut TenantTx, organization: Uuid, id: Uuid) -> Result<Followed> {
    let row = store::find(tx, organization, id).await?.ok_or_else(Error::not_found)?;
    let delivery = store::deliveries(tx, organization, &[id]).await?.remove(&id);
    Ok(Followed { row, delivery })
}

fn used() -> Error {
    Error::conflict(ErrorCode::InvitationUsed, "This invitation was accepted already.")
}
