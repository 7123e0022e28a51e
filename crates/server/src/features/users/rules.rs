//! What an account may be called and reached by.

pub use super::password_rules::check_password;
use crate::codes::FieldCode;
use crate::validation::Validation;

/// What the console and the mails are written in.
const LOCALES: [&str; 2] = ["en", "fr"];

/// E-mails and usernames compare without case and surrounding blanks.
pub fn normalise(login: &str) -> String {
    login.trim().to_lowercase()
}

pub fn check_email(validation: &mut Validation, field: &str, email: &str) {
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    });
    let clean = email.len() <= 254
        && !email
            .chars()
            .any(|character| character.is_whitespace() || character.is_control());
    validation.check(
        plausible && clean,
        field,
        FieldCode::Email,
        "must be an e-mail address like name@example.com",
    );
}

/// How a person is called and spoken to.
pub fn check_names(validation: &mut Validation, first_name: &str, last_name: &str, locale: &str) {
    validation.line("first_name", first_name, 0, 100);
    validation.line("last_name", last_name, 0, 100);
    let code = FieldCode::UnknownLocale {
        allowed: LOCALES.to_vec(),
    };
    let rule = format!("must be {}", LOCALES.join(" or "));
    validation.check(LOCALES.contains(&locale), "locale", code, rule);
}

pub fn check_username(validation: &mut Validation, field: &str, username: &str) {
    let characters = username
        .chars()
        .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || "._-".contains(character));
    let holds = (2..=64).contains(&username.len()) && characters;
    validation.check(
        holds,
        field,
        FieldCode::Username,
        "must have 2 to 64 letters, digits, dots, dashes or underscores",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(check: impl Fn(&mut Validation)) -> bool {
        let mut validation = Validation::default();
        check(&mut validation);
        validation.finish().is_ok()
    }

    #[test]
    fn addresses_are_checked_for_plausibility_only() {
        for good in ["a@b.co", "first.last+tag@sub.example.org", "ünï@exämple.fr"] {
            assert!(accepts(|validation| check_email(validation, "email", good)), "{good}");
        }
        for bad in ["", "a", "@b.co", "a@b", "a b@c.de", "a@.co", "a@b.co.", "a@b@c.de"] {
            assert!(!accepts(|validation| check_email(validation, "email", bad)), "{bad}");
        }
    }
}
