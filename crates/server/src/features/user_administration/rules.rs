//! Which fields an account may be given, by whom.

use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::validation;

/// The first username to try for an address; `attempt` makes another one when it is taken.
pub fn username_from_email(email: &str, attempt: u32) -> String {
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    let kept: String = local
        .chars()
        .map(|character| match character {
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => character,
            _ => '-',
        })
        .take(48)
        .collect();
    let kept = kept.trim_matches(['-', '.', '_']);
    let base = if kept.len() < 2 { "user" } else { kept };
    let base = match validation::username_looks_like_a_link(base) {
        true => base.replace('.', "-"),
        false => base.to_owned(),
    };
    if attempt == 0 {
        base
    } else {
        format!("{base}{}", attempt + 1)
    }
}

/// Whose a field is.
pub enum Owner {
    /// Of whoever has the account; a platform admin changes it in Personal.
    Person,
    /// It means something in an organization only.
    Organization,
}

/// # Errors
/// 422 on every given field that is another's than this workspace's.
pub fn refuse_given(fields: &[(&str, bool)], owner: &Owner) -> Result<()> {
    let (code, field_code, message) = match owner {
        Owner::Person => (
            ErrorCode::AccountField,
            FieldCode::AccountField,
            "belongs to the person, or to a platform admin in Personal",
        ),
        Owner::Organization => (
            ErrorCode::OrganizationField,
            FieldCode::OrganizationField,
            "means something in an organization only",
        ),
    };
    let fields: Vec<_> = fields
        .iter()
        .filter(|(_, given)| *given)
        .map(|(field, _)| FieldError::new(*field, field_code.clone(), message))
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    let mut error = Error::new(Kind::Invalid, code, Error::invalid_fields(fields.clone()).detail);
    error.fields = fields;
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::users::check_username;
    use crate::validation::Validation;

    #[test]
    fn a_username_made_from_any_address_passes_the_rule_for_usernames() {
        for email in [
            "ada@example.test",
            "Ada.Lovelace+x@example.test",
            "é@example.test",
            "-@a.b",
            "a@b.c",
            "www.evil.com@example.test",
            "evil.co@example.test",
            &"x".repeat(64),
        ] {
            for attempt in [0, 1, 49] {
                let username = username_from_email(email, attempt);
                let mut validation = Validation::default();
                check_username(&mut validation, "username", &username);
                assert!(validation.finish().is_ok(), "{email} → {username}");
            }
        }
        assert_eq!(username_from_email("Ada.Lovelace@example.test", 1), "ada.lovelace2");
    }

    #[test]
    fn only_given_fields_are_refused() {
        assert!(refuse_given(&[("locale", false)], &Owner::Person).is_ok());
        let error = refuse_given(&[("locale", false), ("username", true)], &Owner::Person).unwrap_err();
        assert_eq!((error.code, error.fields.len()), (ErrorCode::AccountField, 1));
        assert_eq!(error.fields[0].field, "username");
    }
}
