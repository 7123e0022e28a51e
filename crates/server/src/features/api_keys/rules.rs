//! What a key may be named, how long it lives, what it opens, and who may touch it.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::codes::{ErrorCode, FieldCode, Unit};
use crate::error::{Error, Result};
use crate::operation::Operation;
use crate::permissions::{Permission, Policies, allowed};
use crate::validation::Validation;

/// Models a key can be restricted to.
const MOST_MODELS: usize = 100;
const LONGEST_MODEL_NAME: usize = 200;
/// Dates behind this are typing errors, and PostgreSQL's range ends before chrono's.
const LAST_YEAR: i32 = 9999;
/// An active key that ends within this time is worth a warning.
const EXPIRING: TimeDelta = TimeDelta::days(7);
const DEFAULT_OVERLAP: TimeDelta = TimeDelta::hours(24);
const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(30);

/// What a key is, as the database says it: `rotating` works until its overlap ends, because another key takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    Active,
    Rotating,
    Expired,
    Revoked,
}

impl KeyState {
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Rotating, Self::Expired, Self::Revoked]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotating => "rotating",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// What a search of keys can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    Active,
    /// Active, but not for long.
    Expiring,
    Rotating,
    Expired,
    Revoked,
}

impl KeyStatus {
    pub const ALL: [Self; 5] = [
        Self::Active,
        Self::Expiring,
        Self::Rotating,
        Self::Expired,
        Self::Revoked,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Rotating => "rotating",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// The state of such keys, and until when they expire at the latest.
    pub fn bounds(self, now: DateTime<Utc>) -> (KeyState, Option<DateTime<Utc>>) {
        match self {
            Self::Active => (KeyState::Active, None),
            Self::Expiring => (KeyState::Active, Some(now + EXPIRING)),
            Self::Rotating => (KeyState::Rotating, None),
            Self::Expired => (KeyState::Expired, None),
            Self::Revoked => (KeyState::Revoked, None),
        }
    }
}

/// Is this an active key that somebody should think of?
pub fn expires_soon(state: KeyState, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let (expiring, latest) = KeyStatus::Expiring.bounds(now);
    state == expiring && expires_at.is_some_and(|at| Some(at) <= latest)
}

/// How long a key and its successor work side by side.
///
/// # Errors
/// 422 naming the field.
pub fn overlap(seconds: Option<i64>) -> Result<TimeDelta> {
    let seconds = seconds.unwrap_or(DEFAULT_OVERLAP.num_seconds());
    if (0..=LONGEST_OVERLAP.num_seconds()).contains(&seconds) {
        Ok(TimeDelta::seconds(seconds))
    } else {
        let longest = LONGEST_OVERLAP.num_seconds();
        Err(Error::invalid(
            "overlap_seconds",
            FieldCode::between(0, longest, Unit::Seconds),
            format!("must be 0 to {longest} (30 days)"),
        ))
    }
}

/// When a key ends that another takes the place of: after the overlap, never later than it would have anyway.
pub fn end_of_overlap(expires_at: Option<DateTime<Utc>>, overlap: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    let end = now + overlap;
    expires_at.map_or(end, |at| at.min(end))
}

/// A key that was replaced may end sooner, never later: whoever replaced it relies on its end.
pub fn check_end_of_overlap(validation: &mut Validation, end: Option<DateTime<Utc>>, wanted: Option<DateTime<Utc>>) {
    let no_later = end.is_none_or(|end| wanted.is_some_and(|wanted| wanted <= end));
    validation.check(
        no_later,
        "expires_at",
        FieldCode::Replaced,
        "can't be later than now set: another key has taken this one's place",
    );
}

/// Only a key that works and has no successor can be replaced.
///
/// # Errors
/// 409 `key_revoked`, `key_expired`, `key_already_rotated`.
pub fn check_rotation(state: KeyState, rotated_to_prefix: Option<&str>) -> Result<()> {
    match (state, rotated_to_prefix) {
        (KeyState::Revoked, _) => Err(revoked()),
        (_, Some(prefix)) => Err(Error::conflict(
            ErrorCode::KeyAlreadyRotated {
                prefix: prefix.to_owned(),
            },
            format!("Another key, {prefix}…, has taken this one's place; replace that one."),
        )),
        (KeyState::Expired, None) => Err(Error::conflict(
            ErrorCode::KeyExpired,
            "This key has expired, so there is nothing to hand over; make a new one.",
        )),
        _ => Ok(()),
    }
}

pub fn revoked() -> Error {
    Error::conflict(
        ErrorCode::KeyRevoked,
        "This key was revoked; a revoked key stays as it is.",
    )
}

pub fn check_name(validation: &mut Validation, name: &str) {
    validation.line("name", name, 1, 100);
}

pub fn check_expiry(validation: &mut Validation, expires_at: DateTime<Utc>, now: DateTime<Utc>) {
    validation.check(expires_at > now, "expires_at", FieldCode::Past, "must be in the future");
    validation.check(
        expires_at.year() <= LAST_YEAR,
        "expires_at",
        FieldCode::at_most(LAST_YEAR, Unit::Years),
        format!("must not be after the year {LAST_YEAR}"),
    );
}

/// The names are compared with what a caller asks for; a model need not exist yet.
pub fn check_allowed_models(validation: &mut Validation, models: &[String]) {
    validation.check(
        (1..=MOST_MODELS).contains(&models.len()),
        "allowed_models",
        FieldCode::Count {
            min: 1,
            max: MOST_MODELS,
        },
        format!("must name 1 to {MOST_MODELS} models; leave it out for all of them"),
    );
    for (position, model) in models.iter().take(MOST_MODELS).enumerate() {
        let printable = model.chars().all(|character| character.is_ascii_graphic());
        validation.check(
            (1..=LONGEST_MODEL_NAME).contains(&model.len()) && printable,
            &format!("allowed_models[{position}]"),
            FieldCode::ModelId,
            format!("must be the model_id of a model, at most {LONGEST_MODEL_NAME} characters"),
        );
    }
    let distinct: HashSet<_> = models.iter().collect();
    validation.check(
        distinct.len() == models.len(),
        "allowed_models",
        FieldCode::Duplicate,
        "must not name a model twice",
    );
}

/// Does this workspace role have the right only because of `members_can_create_keys`? Then it covers keys of the person's own
/// making, and keys made under it end with the membership.
pub fn only_by_policy(operation: &Operation, permission: Permission) -> bool {
    operation.may(permission) && !allowed(operation.workspace.role(), permission, Policies::default())
}

pub fn may_change(operation: &Operation, permission: Permission, created_by: Uuid) -> bool {
    operation.may(permission) && (!only_by_policy(operation, permission) || created_by == operation.user_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_lowers_the_expiry_and_never_raises_it() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let (now, hour) = (at(0), TimeDelta::hours(1));
        assert_eq!(end_of_overlap(None, hour, now), at(3600));
        assert_eq!(end_of_overlap(Some(at(7200)), hour, now), at(3600));
        assert_eq!(end_of_overlap(Some(at(60)), hour, now), at(60));
        assert_eq!(end_of_overlap(None, TimeDelta::zero(), now), now);
    }

    #[test]
    fn an_overlap_is_a_day_unless_told_and_a_month_at_most() {
        assert_eq!(overlap(None).unwrap(), TimeDelta::hours(24));
        assert_eq!(overlap(Some(0)).unwrap(), TimeDelta::zero());
        assert_eq!(overlap(Some(30 * 86_400)).unwrap(), TimeDelta::days(30));
        for seconds in [-1, 30 * 86_400 + 1, i64::MAX, i64::MIN] {
            assert_eq!(overlap(Some(seconds)).unwrap_err().fields[0].code.as_str(), "range");
        }
    }

    #[test]
    fn only_a_key_that_works_and_has_no_successor_is_replaced() {
        let code = |state, next| check_rotation(state, next).err().map(|error| error.code.as_str());
        assert_eq!(code(KeyState::Active, None), None);
        assert_eq!(code(KeyState::Expired, None), Some("key_expired"));
        assert_eq!(code(KeyState::Revoked, None), Some("key_revoked"));
        assert_eq!(code(KeyState::Revoked, Some("inv_2")), Some("key_revoked"));
        assert_eq!(code(KeyState::Rotating, Some("inv_2")), Some("key_already_rotated"));
        assert_eq!(code(KeyState::Expired, Some("inv_2")), Some("key_already_rotated"));
    }

    #[test]
    fn a_restriction_names_one_to_a_hundred_different_models() {
        let faults = |models: &[&str]| {
            let models: Vec<String> = models.iter().map(|model| (*model).to_owned()).collect();
            let mut validation = Validation::default();
            check_allowed_models(&mut validation, &models);
            validation.finish().err().map(|error| error.fields[0].code.to_string())
        };
        assert_eq!(faults(&["acme/bot", "demo"]), None);
        assert_eq!(faults(&[]).as_deref(), Some("count"));
        assert_eq!(faults(&["a", "a"]).as_deref(), Some("duplicate"));
        assert_eq!(faults(&["a b"]).as_deref(), Some("model_id"));
        assert_eq!(faults(&[&"x".repeat(201)]).as_deref(), Some("model_id"));
    }
}
