//! What an account may be called and reached by.

pub use super::password_rules::check_password;
use crate::codes::FieldCode;
use crate::plumbing::mail;
use crate::validation::{self, Validation};

/// What the console and the mails are written in.
const LOCALES: [&str; 2] = ["en", "fr"];

/// E-mails and usernames compare without case and surrounding blanks; the domain of an address is written as the mail system does,
/// in ASCII.
pub fn normalise(login: &str) -> String {
    let login = login.trim().to_lowercase();
    let Some((local, domain)) = login.rsplit_once('@') else {
        return login;
    };
    // What can't be seen would be dropped on the way: it stays, and is refused.
    let is_seen = validation::line_holds(domain);
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) if is_seen && !domain.is_ascii() => format!("{local}@{ascii}"),
        _ => login,
    }
}

/// A normalised address that mails can be sent to: by the parser that sends them, which knows of no server that takes other letters
/// than those of ASCII before the @.
pub fn check_email(validation: &mut Validation, field: &str, email: &str) {
    let is_top_level = |label: &str| {
        let is_word = label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
        (is_word && label != "invalid") || label.starts_with("xn--")
    };
    let is_host = |domain: &str| {
        let is_plain = domain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        is_plain && domain.rsplit_once('.').is_some_and(|(_, last)| is_top_level(last))
    };
    let parts = email.rsplit_once('@');
    let is_plain = parts.is_some_and(|(local, domain)| local.is_ascii() && !local.starts_with('"') && is_host(domain));
    validation.check(
        email.is_ascii() && is_plain && mail::is_deliverable(email),
        field,
        FieldCode::Email,
        "must be an e-mail address like name@example.com",
    );
}

/// How a person is called and spoken to.
pub fn check_names(validation: &mut Validation, first_name: &str, last_name: &str, locale: &str) {
    validation.mailed_name("first_name", first_name, 0, 100);
    validation.mailed_name("last_name", last_name, 0, 100);
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
    validation.check(
        !validation::username_looks_like_a_link(username),
        field,
        FieldCode::Link,
        "must not look like a link, such as example.com",
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
    fn an_address_is_what_mails_can_be_sent_to() {
        for good in [
            "a@b.co",
            "First.Last+tag@sub.example.org",
            "o'neill@example.com",
            "a@xn--bcher-kva.example",
            "uni@Bücher.example",
            " a@b.co ",
        ] {
            let good = normalise(good);
            assert!(accepts(|validation| check_email(validation, "email", &good)), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@b",
            "a b@c.de",
            "a@.co",
            "a@b.co.",
            "a@b@c.de",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "a@-b.co",
            "a@b-.co",
            "a@b..co",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "\"a b\"@c.de",
            "a(b)@c.de",
            "a,b@c.de",
            "<a@b.co>",
            "a@b.co, c@d.de",
            "a@b_c.de",
            "ünï@example.fr",
            "a\u{200b}@b.co",
            "a@b\u{200b}.co",
            "a@b.co\u{202e}",
            "a@exa\u{ad}mple.com",
            "deleted-1@deleted.invalid",
            "a@b.c",
            "a\0@b.co",
            "mailto:a@b.co",
        ] {
            let bad = normalise(bad);
            assert!(!accepts(|validation| check_email(validation, "email", &bad)), "{bad:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert!(!accepts(|validation| check_email(validation, "email", &long)));
    }
}
