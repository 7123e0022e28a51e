//! SQL of `organization_invitations`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rules::{Delivery, Facts, MailFacts, Status, delivery, grantable};
use crate::error::Result;
use crate::permissions::Role;
use crate::plumbing::db::{Db, SystemTx, TenantTx, WriteTx, read_words};
use crate::plumbing::edge::paging::{ListQuery, Paging};

read_words!(Status);

/// An invitation as the members who may see invitations do.
#[derive(Debug, Clone)]
pub struct InvitationRow {
    pub id: Uuid,
    pub email: String,
    pub role: Role,
    pub status: Status,
    pub invited_by: Uuid,
    pub invited_by_name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The organization's invitations, all or those in one state.
pub async fn list(
    tx: &mut TenantTx,
    organization: Uuid,
    status: Option<&str>,
    paging: &Paging,
) -> Result<Vec<InvitationRow>> {
    select(tx, organization, None, status, paging).await
}

async fn select(
    tx: &mut TenantTx,
    organization: Uuid,
    id: Option<Uuid>,
    status: Option<&str>,
    paging: &Paging,
) -> Result<Vec<InvitationRow>> {
    let now = tx.operation().request.now;
    let (beyond_at, beyond_id) = paging.beyond();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                InvitationRow,
                r#"SELECT id, email, role AS "role: Role", status AS "status!: Status", invited_by, invited_by_name, created_at, expires_at, accepted_at, revoked_at
                 FROM (
                    SELECT i.id, i.email, i.role, i.invited_by_user_id AS invited_by, i.invited_by_name, i.created_at, i.expires_at, i.accepted_at,
                        i.revoked_at,
                        CASE WHEN i.accepted_at IS NOT NULL THEN 'accepted' WHEN i.revoked_at IS NOT NULL THEN 'revoked'
                            WHEN i.expires_at <= $2 THEN 'expired'
                            WHEN u.disabled_at IS NULL AND m.role || '>' || i.role = ANY($3) THEN 'pending' ELSE 'needs_approval' END AS status
                    FROM organization_invitations i
                    LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.user_id = i.invited_by_user_id
                    LEFT JOIN users u ON u.id = m.user_id
                    WHERE i.organization_id = $1 AND ($4 = '%' OR i.email ILIKE $4) AND ($9::uuid IS NULL OR i.id = $9)
                        AND (i.created_at, i.id) "# + $beyond + r#" ($6::timestamptz, $7::uuid)) AS shown
                 WHERE ($5::text IS NULL OR status = $5)
                 ORDER BY created_at "# + $order + ", id " + $order + " LIMIT $8",
                organization,
                now,
                &grantable(),
                paging.pattern,
                status,
                beyond_at,
                beyond_id,
                paging.fetch(),
                id,
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    })
}

/// One of the organization's invitations.
pub async fn find(tx: &mut TenantTx, organization: Uuid, id: Uuid) -> Result<Option<InvitationRow>> {
    let paging = ListQuery::default().check()?;
    Ok(select(tx, organization, Some(id), None, &paging).await?.pop())
}

/// What became of the mails of some invitations, as far as it is known.
pub async fn deliveries(tx: &mut TenantTx, organization: Uuid, ids: &[Uuid]) -> Result<HashMap<Uuid, Delivery>> {
    let rows = sqlx::query!(
        r#"SELECT invitation AS "invitation!", is_failing AS "is_failing!", created_at AS "created_at!", sent_at, failed_at, reply
         FROM tenancy.invitation_deliveries($1, $2)"#,
        organization,
        ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let deliveries = rows.into_iter().map(|row| {
        let mail = MailFacts {
            is_failing: row.is_failing,
            created_at: row.created_at,
            sent_at: row.sent_at,
            failed_at: row.failed_at,
            reply: row.reply,
        };
        (row.invitation, delivery(mail))
    });
    Ok(deliveries.collect())
}

/// An invitation that is about to be changed.
pub struct Locked {
    pub email: String,
    pub role: Role,
    pub accepted: bool,
    pub revoked: bool,
}

pub async fn lock(tx: &mut WriteTx, organization: Uuid, id: Uuid) -> Result<Option<Locked>> {
    let row = sqlx::query_as!(
        Locked,
        r#"SELECT email, role AS "role: Role", accepted_at IS NOT NULL AS "accepted!", revoked_at IS NOT NULL AS "revoked!"
         FROM organization_invitations WHERE organization_id = $1 AND id = $2 FOR UPDATE"#,
        organization,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// Is the address that of a member?
pub async fn is_member(tx: &mut TenantTx, organization: Uuid, email: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM organization_memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = $1 AND u.email = $2) AS "exists!""#,
        organization,
        email,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// Takes an expired invitation of the address out of the way; says which.
pub async fn revoke_expired(tx: &mut WriteTx, organization: Uuid, email: &str) -> Result<Option<Uuid>> {
    let (now, user_id) = (tx.operation().request.now, tx.operation().user_id);
    let id = sqlx::query_scalar!(
        "UPDATE organization_invitations SET revoked_at = $3, revoked_by_user_id = $4
         WHERE organization_id = $1 AND email = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at <= $3 RETURNING id",
        organization,
        email,
        now,
        user_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id)
}

pub struct NewInvitation<'a> {
    pub id: Uuid,
    pub organization: Uuid,
    pub email: &'a str,
    pub role: Role,
    pub token_hash: &'a [u8],
    pub invited_by_name: &'a str,
    pub expires_at: DateTime<Utc>,
    /// The mail that carries the link; without one it is shown to whoever invites.
    pub mail: Option<Uuid>,
}

/// False when the address has an open invitation.
pub async fn insert(tx: &mut WriteTx, invitation: &NewInvitation<'_>) -> Result<bool> {
    let now = tx.operation().request.now;
    Ok(sqlx::query_scalar!(
        r#"SELECT auth.create_invitation($1, $2, $3, $4, $5, $6, $7, $8, $9) AS "made!""#,
        invitation.id,
        invitation.organization,
        invitation.email,
        invitation.role.as_str(),
        invitation.token_hash,
        invitation.invited_by_name,
        now,
        invitation.expires_at,
        invitation.mail,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// A new link from a new inviter; the link before stops working.
pub async fn renew(
    tx: &mut WriteTx,
    organization: Uuid,
    id: Uuid,
    token_hash: &[u8],
    invited_by_name: &str,
    expires_at: DateTime<Utc>,
    mail: Option<Uuid>,
) -> Result<()> {
    sqlx::query!(
        "SELECT auth.renew_invitation($1, $2, $3, $4, $5, $6)",
        organization,
        id,
        token_hash,
        invited_by_name,
        expires_at,
        mail,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Ends open invitations of the organization: one, or all of them for `None`. Says how many.
pub async fn revoke(tx: &mut WriteTx, organization: Uuid, id: Option<Uuid>) -> Result<u64> {
    let (now, user_id) = (tx.operation().request.now, tx.operation().user_id);
    let done = sqlx::query!(
        "UPDATE organization_invitations SET revoked_at = $3, revoked_by_user_id = $4
         WHERE organization_id = $1 AND ($2::uuid IS NULL OR id = $2) AND accepted_at IS NULL AND revoked_at IS NULL",
        organization,
        id,
        now,
        user_id,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// How many invitations of the organization can still be accepted.
pub async fn count_open(tx: &mut TenantTx, organization: Uuid) -> Result<i64> {
    let now = tx.operation().request.now;
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM organization_invitations
         WHERE organization_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2"#,
        organization,
        now,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Ends open invitations to an address, wherever; says which, by organization.
pub async fn revoke_to_address(tx: &mut SystemTx, email: &str, now: DateTime<Utc>) -> Result<Vec<(Uuid, Uuid)>> {
    let ended = sqlx::query!(
        "UPDATE organization_invitations SET revoked_at = $2
         WHERE email = $1 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING organization_id, id",
        email,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    // One order for all who write to several logs.
    let mut ended: Vec<_> = ended.into_iter().map(|row| (row.organization_id, row.id)).collect();
    ended.sort_unstable();
    Ok(ended)
}

/// What the holder of a link may know.
#[derive(Debug, Clone)]
pub struct LinkFacts {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub organization_name: String,
    pub organization_slug: String,
    pub organization_color: String,
    pub email: String,
    pub role: Role,
    pub inviter_name: String,
    pub locale: String,
    pub account: Option<Uuid>,
    /// To whoever invites: it proves nothing about the mailbox.
    pub link_shown: bool,
    pub facts: Facts,
}

pub async fn by_token(db: &Db, token_hash: &[u8]) -> Result<Option<LinkFacts>> {
    let mut auth = db.auth().await?;
    let row = sqlx::query!(
        r#"SELECT invitation_id AS "id!", organization_id AS "organization_id!", organization_name AS "organization_name!",
            organization_slug AS "organization_slug!", organization_color AS "organization_color!", email AS "email!", role AS "role!: Role",
            inviter_name AS "inviter_name!", inviter_role AS "inviter_role: Role", locale AS "locale!", account_id, expires_at AS "expires_at!", accepted_at, ended AS "ended!", link_shown AS "link_shown!"
         FROM auth.invitation_by_token($1)"#,
        token_hash,
    )
    .fetch_optional(auth.conn())
    .await?;
    Ok(row.map(|row| LinkFacts {
        id: row.id,
        organization_id: row.organization_id,
        organization_name: row.organization_name,
        organization_slug: row.organization_slug,
        organization_color: row.organization_color,
        email: row.email,
        role: row.role,
        inviter_name: row.inviter_name,
        locale: row.locale,
        account: row.account_id,
        link_shown: row.link_shown,
        facts: Facts {
            accepted: row.accepted_at.is_some(),
            ended: row.ended,
            expires_at: row.expires_at,
            role: row.role,
            inviter_role: row.inviter_role,
        },
    }))
}

/// The facts of an invitation, held until the end of the transaction; `None` when the link was replaced in the meantime. Locks
/// the inviter's membership, then the invitation: its organization is locked already.
pub async fn lock_facts(tx: &mut SystemTx, link: &LinkFacts, token_hash: &[u8]) -> Result<Option<Facts>> {
    let inviter = sqlx::query!(
        r#"SELECT m.role AS "role: Role", u.disabled_at IS NULL AS "enabled!" FROM organization_invitations i
         JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.user_id = i.invited_by_user_id
         JOIN users u ON u.id = m.user_id
         WHERE i.id = $1 AND i.token_hash = $2 FOR SHARE OF m, u"#,
        link.id,
        token_hash,
    )
    .fetch_optional(tx.conn())
    .await?;
    let row = sqlx::query!(
        r#"SELECT role AS "role: Role", expires_at, accepted_at IS NOT NULL AS "accepted!", revoked_at IS NOT NULL AS "ended!"
         FROM organization_invitations WHERE id = $1 AND token_hash = $2 FOR UPDATE"#,
        link.id,
        token_hash,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Facts {
        accepted: row.accepted,
        ended: row.ended,
        expires_at: row.expires_at,
        role: row.role,
        inviter_role: inviter.filter(|inviter| inviter.enabled).map(|inviter| inviter.role),
    }))
}

/// False when it was accepted before.
pub async fn mark_accepted(tx: &mut SystemTx, id: Uuid, user: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE organization_invitations SET accepted_at = $3, accepted_by_user_id = $2 WHERE id = $1 AND accepted_at IS NULL",
        id,
        user,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
