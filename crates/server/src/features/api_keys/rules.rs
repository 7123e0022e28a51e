//! What a key may be named, how long it lives, what it opens, and who may touch it.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::operation::Operation;
use crate::permissions::{Permission, Policies, allowed};
use crate::plumbing::edge::body::Validation;

/// Models a key can be restricted to.
const MOST_MODELS: usize = 100;
const LONGEST_MODEL_NAME: usize = 200;
/// Dates behind this are typing errors, and PostgreSQL's range ends before chrono's.
const LAST_YEAR: i32 = 9999;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    Active,
    Expired,
    Revoked,
}

impl KeyState {
    pub fn of(revoked_at: Option<DateTime<Utc>>, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        match (revoked_at, expires_at) {
            (Some(_), _) => Self::Revoked,
            (None, Some(at)) if at <= now => Self::Expired,
            _ => Self::Active,
        }
    }
}

pub fn check_name(validation: &mut Validation, name: &str) {
    validation.text("name", name, 1, 100);
    validation.check(
        !name.contains(['\n', '\t']),
        "name",
        "characters",
        "must be a single line",
    );
}

pub fn check_expiry(validation: &mut Validation, expires_at: DateTime<Utc>, now: DateTime<Utc>) {
    validation.check(expires_at > now, "expires_at", "past", "must be in the future");
    validation.check(
        expires_at.year() <= LAST_YEAR,
        "expires_at",
        "range",
        format!("must not be after the year {LAST_YEAR}"),
    );
}

/// The names are compared with what a caller asks for; a model need not exist yet.
pub fn check_allowed_models(validation: &mut Validation, models: &[String]) {
    validation.check(
        (1..=MOST_MODELS).contains(&models.len()),
        "allowed_models",
        "count",
        format!("must name 1 to {MOST_MODELS} models; leave it out for all of them"),
    );
    for (position, model) in models.iter().take(MOST_MODELS).enumerate() {
        let printable = model.chars().all(|character| character.is_ascii_graphic());
        validation.check(
            (1..=LONGEST_MODEL_NAME).contains(&model.len()) && printable,
            &format!("allowed_models[{position}]"),
            "model_id",
            format!("must be the model_id of a model, at most {LONGEST_MODEL_NAME} characters"),
        );
    }
    let distinct: HashSet<_> = models.iter().collect();
    validation.check(
        distinct.len() == models.len(),
        "allowed_models",
        "duplicate",
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
    fn a_revoked_key_stays_revoked_after_its_expiry() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let now = at(100).unwrap();
        assert_eq!(KeyState::of(None, None, now), KeyState::Active);
        assert_eq!(KeyState::of(None, at(101), now), KeyState::Active);
        assert_eq!(KeyState::of(None, at(100), now), KeyState::Expired);
        assert_eq!(KeyState::of(at(1), at(50), now), KeyState::Revoked);
    }

    #[test]
    fn a_restriction_names_one_to_a_hundred_different_models() {
        let faults = |models: &[&str]| {
            let models: Vec<String> = models.iter().map(|model| (*model).to_owned()).collect();
            let mut validation = Validation::default();
            check_allowed_models(&mut validation, &models);
            validation.finish().err().map(|error| error.fields[0].code.clone())
        };
        assert_eq!(faults(&["acme/bot", "demo"]), None);
        assert_eq!(faults(&[]).as_deref(), Some("count"));
        assert_eq!(faults(&["a", "a"]).as_deref(), Some("duplicate"));
        assert_eq!(faults(&["a b"]).as_deref(), Some("model_id"));
        assert_eq!(faults(&[&"x".repeat(201)]).as_deref(), Some("model_id"));
    }
}
