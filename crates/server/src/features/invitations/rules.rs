//! What state an invitation is in, and who may accept it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};
use crate::permissions::{Permission, Policies, Role, WorkspaceRole, allowed, may_delegate};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvitationStatus)]
pub enum Status {
    Pending,
    Accepted,
    Revoked,
    Expired,
    /// Whoever invited couldn't any more: somebody who can sends it again.
    NeedsApproval,
}

impl Status {
    pub const ALL: [Status; 5] = [
        Status::Pending,
        Status::Accepted,
        Status::Revoked,
        Status::Expired,
        Status::NeedsApproval,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Accepted => "accepted",
            Status::Revoked => "revoked",
            Status::Expired => "expired",
            Status::NeedsApproval => "needs_approval",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What an invitation's state follows from.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub accepted: bool,
    /// Revoked, or its organization is gone.
    pub ended: bool,
    pub expires_at: DateTime<Utc>,
    pub role: Role,
    /// The inviter's role now; `None` when there is none any more, or the account is disabled.
    pub inviter_role: Option<Role>,
}

pub fn status(facts: &Facts, now: DateTime<Utc>) -> Status {
    if facts.accepted {
        Status::Accepted
    } else if facts.ended {
        Status::Revoked
    } else if facts.expires_at <= now {
        Status::Expired
    } else if facts
        .inviter_role
        .is_some_and(|inviter| may_invite(inviter, facts.role))
    {
        Status::Pending
    } else {
        Status::NeedsApproval
    }
}

/// May somebody with this role invite to that one?
pub fn may_invite(inviter: Role, role: Role) -> bool {
    let inviter_role = WorkspaceRole::Organization(inviter);
    allowed(inviter_role, Permission::InvitationCreate, Policies::default()) && may_delegate(inviter, None, Some(role))
}

/// Every `inviter>role` that [`may_invite`] allows: how a list query knows the rule.
pub fn grantable() -> Vec<String> {
    let pairs = Role::ALL
        .into_iter()
        .flat_map(|inviter| Role::ALL.map(|role| (inviter, role)));
    pairs
        .filter(|(inviter, role)| may_invite(*inviter, *role))
        .map(|(inviter, role)| format!("{}>{}", inviter.as_str(), role.as_str()))
        .collect()
}

/// What accepting comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The account joins.
    Join(Uuid),
    /// The account is a member already: nothing changes for it.
    AlreadyMember(Uuid),
    /// There is no account with the address: one is made, then joins.
    MakeAccount,
}

/// Who stands before the invitation.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// The invited address.
    pub email: &'a str,
    /// The account with that address.
    pub account: Option<Uuid>,
    /// Is that account a member?
    pub is_member: bool,
    /// Who is signed in.
    pub signed_in: Option<Uuid>,
}

/// # Errors
/// 409 `invitation_used`, `invitation_revoked`, `invitation_expired`; 401 `sign_in_required`; 409 `wrong_account`, naming the invited
/// address; 409 `needs_approval`.
pub fn decide(status: Status, visitor: &Visitor<'_>) -> Result<Decision> {
    let own = visitor.account.filter(|account| visitor.signed_in == Some(*account));
    match (status, own) {
        (Status::Accepted, Some(account)) if visitor.is_member => return Ok(Decision::AlreadyMember(account)),
        (Status::Accepted, _) => {
            return Err(Error::conflict(
                ErrorCode::InvitationUsed,
                "This invitation was accepted already.",
            ));
        }
        (Status::Revoked, _) => {
            return Err(Error::conflict(
                ErrorCode::InvitationRevoked,
                "This invitation was withdrawn: ask whoever invited you for a new one.",
            ));
        }
        (Status::Expired, _) => {
            return Err(Error::conflict(
                ErrorCode::InvitationExpired,
                "This invitation is past its seven days: ask whoever invited you to send it again.",
            ));
        }
        (Status::Pending | Status::NeedsApproval, _) => {}
    }
    if visitor.signed_in.is_some() && own.is_none() {
        let detail = format!(
            "This invitation is for {}, and you are signed in with another account: sign in with that one.",
            visitor.email
        );
        let code = ErrorCode::WrongAccount {
            email: visitor.email.to_string(),
        };
        return Err(Error::conflict(code, detail));
    }
    if visitor.account.is_some() && own.is_none() {
        let detail = format!("There is an account for {}: sign in with it to accept.", visitor.email);
        let code = ErrorCode::SignInRequired {
            email: visitor.email.to_string(),
        };
        return Err(Error::new(Kind::Unauthenticated, code, detail));
    }
    match own {
        Some(account) if visitor.is_member => Ok(Decision::AlreadyMember(account)),
        _ if status == Status::NeedsApproval => Err(Error::conflict(
            ErrorCode::NeedsApproval,
            "Whoever invited you can't grant this role any more: somebody who can has to send the invitation again.",
        )),
        Some(account) => Ok(Decision::Join(account)),
        None => Ok(Decision::MakeAccount),
    }
}

/// What is known of the mail of an invitation.
#[derive(Debug, Clone)]
pub struct MailFacts {
    /// The last attempt did not get through.
    pub is_failing: bool,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub failed_at: Option<DateTime<Utc>>,
    /// The last answer of the recipient's server, unless it took the mail.
    pub reply: Option<String>,
}

/// How far a mail came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailDeliveryStatus)]
pub enum DeliveryStatus {
    /// It leaves soon.
    Queued,
    /// It did not get through yet, and is tried again.
    Delayed,
    /// A server took it.
    Sent,
    /// The recipient's server will never take it.
    Refused,
    /// It did not get through in all the time there was.
    GivenUp,
}

/// What became of the mail of an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MailDelivery)]
pub struct Delivery {
    pub status: DeliveryStatus,
    /// Since when that is so; for a delayed one, when it was queued.
    pub at: DateTime<Utc>,
    /// What the server said that did not take it, in its own words, such as `550 5.1.1 No such user`.
    pub reply: Option<String>,
}

pub fn delivery(mail: MailFacts) -> Delivery {
    // Final answers of servers begin with a 5 (RFC 5321).
    let is_final = mail.reply.as_deref().is_some_and(|reply| reply.starts_with('5'));
    let (status, at) = match (mail.sent_at, mail.failed_at) {
        (Some(at), _) => (DeliveryStatus::Sent, at),
        (None, Some(at)) if is_final => (DeliveryStatus::Refused, at),
        (None, Some(at)) => (DeliveryStatus::GivenUp, at),
        (None, None) if mail.is_failing => (DeliveryStatus::Delayed, mail.created_at),
        (None, None) => (DeliveryStatus::Queued, mail.created_at),
    };
    Delivery {
        status,
        at,
        reply: mail.reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Uuid = Uuid::from_u128(1);

    fn visitor(account: bool, is_member: bool, signed_in: Option<Uuid>) -> Visitor<'static> {
        Visitor {
            email: "ann@example.test",
            account: account.then_some(ACCOUNT),
            is_member,
            signed_in,
        }
    }

    fn outcome(status: Status, visitor: &Visitor<'_>) -> Result<Decision, &'static str> {
        decide(status, visitor).map_err(|error| error.code.as_str())
    }

    #[test]
    fn whoever_is_invited_joins_and_anybody_else_is_told_why_not() {
        let other = Some(Uuid::from_u128(2));
        let cases = [
            (
                Status::Pending,
                visitor(true, false, Some(ACCOUNT)),
                Ok(Decision::Join(ACCOUNT)),
            ),
            (
                Status::Pending,
                visitor(true, true, Some(ACCOUNT)),
                Ok(Decision::AlreadyMember(ACCOUNT)),
            ),
            (
                Status::Accepted,
                visitor(true, true, Some(ACCOUNT)),
                Ok(Decision::AlreadyMember(ACCOUNT)),
            ),
            (Status::Pending, visitor(false, false, None), Ok(Decision::MakeAccount)),
            (Status::Pending, visitor(true, false, None), Err("sign_in_required")),
            (Status::Pending, visitor(true, true, None), Err("sign_in_required")),
            (Status::Pending, visitor(true, false, other), Err("wrong_account")),
            (Status::Pending, visitor(false, false, other), Err("wrong_account")),
            (Status::Accepted, visitor(true, true, None), Err("invitation_used")),
            (Status::Accepted, visitor(true, true, other), Err("invitation_used")),
            (
                Status::Accepted,
                visitor(true, false, Some(ACCOUNT)),
                Err("invitation_used"),
            ),
            (
                Status::Revoked,
                visitor(true, false, Some(ACCOUNT)),
                Err("invitation_revoked"),
            ),
            (Status::Expired, visitor(false, false, None), Err("invitation_expired")),
            (
                Status::NeedsApproval,
                visitor(true, false, Some(ACCOUNT)),
                Err("needs_approval"),
            ),
            (
                Status::NeedsApproval,
                visitor(false, false, None),
                Err("needs_approval"),
            ),
            (
                Status::NeedsApproval,
                visitor(true, true, Some(ACCOUNT)),
                Ok(Decision::AlreadyMember(ACCOUNT)),
            ),
        ];
        for (status, visitor, expected) in cases {
            assert_eq!(outcome(status, &visitor), expected, "{status:?} {visitor:?}");
        }
    }

    #[test]
    fn the_state_follows_from_the_facts_and_ends_are_final() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let later = now + chrono::Duration::seconds(1);
        let facts = |accepted, ended, expires_at, inviter_role| Facts {
            accepted,
            ended,
            expires_at,
            role: Role::Manager,
            inviter_role,
        };
        let manager = Some(Role::Manager);
        assert_eq!(status(&facts(false, false, later, manager), now), Status::Pending);
        assert_eq!(status(&facts(false, false, now, manager), now), Status::Expired);
        assert_eq!(status(&facts(false, true, later, manager), now), Status::Revoked);
        assert_eq!(status(&facts(true, false, now, None), now), Status::Accepted);
        for lowered in [Some(Role::User), Some(Role::Admin), None] {
            assert_eq!(status(&facts(false, false, later, lowered), now), Status::NeedsApproval);
        }
    }

    #[test]
    fn the_lists_rule_is_the_same_rule() {
        let pairs = grantable();
        for inviter in Role::ALL {
            for role in Role::ALL {
                let listed = pairs.contains(&format!("{}>{}", inviter.as_str(), role.as_str()));
                assert_eq!(listed, may_invite(inviter, role), "{inviter:?} {role:?}");
            }
        }
        assert_eq!(pairs.len(), 8);
    }

    #[test]
    fn a_mail_is_queued_sent_refused_or_given_up() {
        let (queued_at, ended_at) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + chrono::Duration::hours(1));
        let mail = |is_failing, sent, failed, reply: Option<&str>| {
            let delivery = delivery(MailFacts {
                is_failing,
                created_at: queued_at,
                sent_at: sent,
                failed_at: failed,
                reply: reply.map(str::to_owned),
            });
            (delivery.status, delivery.at)
        };
        let (done, refusal, later) = (Some(ended_at), Some("550 no such user"), Some("451 try later"));
        assert_eq!(mail(false, None, None, None), (DeliveryStatus::Queued, queued_at));
        let unanswered = mail(true, None, None, None);
        assert_eq!(unanswered, (DeliveryStatus::Delayed, queued_at), "no server answered");
        assert_eq!(mail(true, None, None, later), (DeliveryStatus::Delayed, queued_at));
        assert_eq!(mail(false, done, None, None), (DeliveryStatus::Sent, ended_at));
        assert_eq!(mail(true, None, done, refusal), (DeliveryStatus::Refused, ended_at));
        assert_eq!(mail(true, None, done, later), (DeliveryStatus::GivenUp, ended_at));
        assert_eq!(mail(true, None, done, None), (DeliveryStatus::GivenUp, ended_at));
    }
}
