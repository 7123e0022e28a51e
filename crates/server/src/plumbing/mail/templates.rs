//! What mails say: one folder per template, with a text and an HTML part per language. The text begins with the subject.

use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;

/// Every mail there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// `organization` and `inviter` (or null, where they look like links), `role`, `link`, `days`
    Invitation,
    /// `link`, `minutes`
    PasswordReset,
    /// To the new address: `link`, `minutes`
    EmailChange,
    /// To the old address: `new_email`
    EmailChangeNotice,
    /// To the old address, once it is the old one: `new_email`
    EmailChanged,
    /// `link` (to ask for another password)
    PasswordChanged,
    /// `username` (or null), `link` (to choose a password), `days`, `organization` (or null)
    AccountCreated,
    /// `event` (what happened to the second factors), `left` (recovery codes), `link` (to the account)
    SecurityNotice,
}

impl Template {
    pub const ALL: [Template; 8] = [
        Template::Invitation,
        Template::PasswordReset,
        Template::EmailChange,
        Template::EmailChangeNotice,
        Template::EmailChanged,
        Template::PasswordChanged,
        Template::AccountCreated,
        Template::SecurityNotice,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Template::Invitation => "invitation",
            Template::PasswordReset => "password_reset",
            Template::EmailChange => "email_change",
            Template::EmailChangeNotice => "email_change_notice",
            Template::EmailChanged => "email_changed",
            Template::PasswordChanged => "password_changed",
            Template::AccountCreated => "account_created",
            Template::SecurityNotice => "security_notice",
        }
    }
}

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// # Errors
/// An unknown template or language, or a parameter that the template names and nobody gave.
pub fn render(template: &str, locale: &str, parameters: &Value) -> anyhow::Result<Rendered> {
    let text = ENVIRONMENT
        .get_template(&format!("{template}/{locale}.txt"))?
        .render(parameters)?;
    let html = ENVIRONMENT
        .get_template(&format!("{template}/{locale}.html"))?
        .render(parameters)?;
    let (subject, text) = text
        .split_once('\n')
        .ok_or_else(|| anyhow::anyhow!("a mail begins with its subject"))?;
    Ok(Rendered {
        // One line, whatever a name holds.
        subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
        text: text.trim_start().to_owned(),
        html,
    })
}

macro_rules! files {
    ($environment:ident: $($name:literal)+) => {
        $( $environment
            .add_template($name, include_str!(concat!("templates/", $name)))
            .unwrap_or_else(|error| unreachable!("{}: {error}", $name)); )+
    };
}

/// HTML parts are escaped, text parts are not: their names say which is which.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    files!(environment:
        "layout.html"
        "invitation/en.txt" "invitation/en.html" "invitation/fr.txt" "invitation/fr.html"
        "password_reset/en.txt" "password_reset/en.html" "password_reset/fr.txt" "password_reset/fr.html"
        "email_change/en.txt" "email_change/en.html" "email_change/fr.txt" "email_change/fr.html"
        "email_change_notice/en.txt" "email_change_notice/en.html" "email_change_notice/fr.txt" "email_change_notice/fr.html"
        "email_changed/en.txt" "email_changed/en.html" "email_changed/fr.txt" "email_changed/fr.html"
        "password_changed/en.txt" "password_changed/en.html" "password_changed/fr.txt" "password_changed/fr.html"
        "account_created/en.txt" "account_created/en.html" "account_created/fr.txt" "account_created/fr.html"
        "security_notice/en.txt" "security_notice/en.html" "security_notice/fr.txt" "security_notice/fr.html"
    );
    environment
});

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Something for every template.
    fn parameters() -> Value {
        json!({
            "organization": "Acme <Labs> & Söhne", "role": "manager", "inviter": "Ann \"The Boss\" O'Hara", "days": 7, "minutes": 60,
            "link": "https://inventiv.example/app/x#token=abc-_1", "new_email": "new@example.test", "username": "ann",
            "event": "recovery_code_used", "left": 3,
        })
    }

    #[test]
    fn every_mail_exists_in_both_languages_with_its_link_in_both_parts() {
        for template in Template::ALL {
            let [english, french] = ["en", "fr"].map(|locale| render(template.name(), locale, &parameters()).unwrap());
            assert_ne!(english.subject, french.subject, "{template:?}");
            for mail in [english, french] {
                assert!(!mail.subject.is_empty() && !mail.text.is_empty(), "{template:?}");
                if !matches!(template, Template::EmailChangeNotice | Template::EmailChanged) {
                    assert!(
                        mail.text.contains("https://inventiv.example/app/x#token=abc-_1"),
                        "{template:?}"
                    );
                    assert!(mail.html.contains("#token=abc-_1\""), "{template:?}: {}", mail.html);
                }
            }
        }
    }

    #[test]
    fn every_notice_has_words_in_both_languages() {
        let events = [
            "totp_added",
            "totp_removed",
            "passkey_added",
            "passkey_removed",
            "new_recovery_codes",
            "recovery_code_used",
            "all_removed",
            "wrong_codes",
        ];
        for locale in ["en", "fr"] {
            let mut said = std::collections::HashSet::new();
            for event in events {
                let parameters = json!({"event": event, "left": 3, "link": "https://inventiv.example/app/account"});
                let mail = render("security_notice", locale, &parameters).unwrap();
                assert!(
                    mail.text.matches("Inventiv").count() >= 1,
                    "{locale} {event}: {}",
                    mail.text
                );
                assert!(said.insert(mail.text), "{locale} {event} says nothing of its own");
            }
        }
    }

    #[test]
    fn names_are_escaped_in_html_and_plain_in_text() {
        let mail = render("invitation", "en", &parameters()).unwrap();
        assert!(
            mail.html.contains("Acme &lt;Labs&gt; &amp; Söhne") && !mail.html.contains("<Labs>"),
            "{}",
            mail.html
        );
        assert!(mail.text.contains("Acme <Labs> & Söhne"), "{}", mail.text);
        assert!(mail.subject.contains("Acme <Labs> & Söhne"), "{}", mail.subject);
    }

    #[test]
    fn what_may_not_be_named_leaves_no_hole() {
        let mut parameters = parameters();
        for name in ["organization", "inviter", "username"] {
            parameters[name] = Value::Null;
        }
        for template in ["invitation", "account_created"] {
            for locale in ["en", "fr"] {
                let mail = render(template, locale, &parameters).unwrap();
                let words = format!("{}{}", mail.subject, mail.text);
                assert!(!words.contains("none") && !words.contains("null"), "{words}");
            }
        }
        let subject = |locale| render("invitation", locale, &parameters).unwrap().subject;
        assert_eq!(subject("en"), "Somebody invites you to an organization");
        assert_eq!(subject("fr"), "Quelqu'un vous invite à rejoindre une organisation");
    }

    #[test]
    fn a_subject_stays_on_its_line() {
        let mut parameters = parameters();
        parameters["organization"] = json!("Acme\u{2028}Bcc:\tx@example.test");
        let subject = render("invitation", "en", &parameters).unwrap().subject;
        assert!(!subject.contains(['\n', '\r', '\t', '\u{2028}']), "{subject:?}");
    }

    #[test]
    fn a_missing_parameter_is_an_error_instead_of_a_hole() {
        assert!(render("password_reset", "en", &json!({"minutes": 60})).is_err());
        assert!(render("password_reset", "de", &parameters()).is_err());
        assert!(render("nothing", "en", &parameters()).is_err());
    }
}
