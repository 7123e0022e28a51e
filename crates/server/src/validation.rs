//! Rules for what people and programs send, checked together so that whoever sent it sees all of it at once.

use crate::codes::FieldCode;
use crate::error::{Error, FieldError, Result};

/// Collects what is wrong with a body, so that a person sees all of it at once.
#[derive(Default)]
pub struct Validation {
    fields: Vec<FieldError>,
}

impl Validation {
    /// Records the rule unless it holds.
    pub fn check(&mut self, holds: bool, field: &str, code: FieldCode, message: impl Into<String>) {
        if !holds {
            self.fields.push(FieldError::new(field, code, message));
        }
    }

    /// A text that people read, of several lines perhaps: trimmed length between the bounds, no control characters.
    pub fn text(&mut self, field: &str, value: &str, min: usize, max: usize) {
        self.length(field, value, min, max);
        let printable = value
            .chars()
            .all(|character| !character.is_control() || matches!(character, '\n' | '\t'));
        self.check(
            printable,
            field,
            FieldCode::Characters,
            "must not contain control characters",
        );
    }

    /// As [`Validation::text`] on one line, such as a name: it stands in subjects, tables and sentences, so nothing in it ends the line
    /// or turns the direction of what follows.
    pub fn line(&mut self, field: &str, value: &str, min: usize, max: usize) {
        self.length(field, value, min, max);
        let rule = "must be a single line without control, direction or invisible characters";
        self.check(line_holds(value), field, FieldCode::Characters, rule);
    }

    /// As [`Validation::line`], for a name that stands in mails to people who did not ask for them: nothing in it becomes a link there.
    pub fn mailed_name(&mut self, field: &str, value: &str, min: usize, max: usize) {
        self.line(field, value, min, max);
        self.check(
            !looks_like_a_link(value),
            field,
            FieldCode::Link,
            "must not look like a link: no dots between words, no slashes, no www",
        );
    }

    /// What can't be seen is not enough.
    fn length(&mut self, field: &str, value: &str, min: usize, max: usize) {
        let seen = value
            .chars()
            .filter(|character| !character.is_whitespace() && !is_invisible(*character))
            .count();
        let holds = seen.min(1) >= min.min(1) && (min..=max).contains(&value.trim().chars().count());
        let rule = format!("must have {min} to {max} characters");
        self.check(holds, field, FieldCode::characters(min, max), rule);
    }

    pub fn finish(self) -> Result<()> {
        if self.fields.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid_fields(self.fields))
        }
    }
}

/// One line in which everything is seen.
pub fn line_holds(value: &str) -> bool {
    !value
        .chars()
        .any(|character| character.is_control() || breaks_out(character))
        && !hides_something(value)
}

/// Line and paragraph separators, and what marks, embeds, overrides or isolates a direction of writing.
fn breaks_out(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters without a shape of their own.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// An invisible character where it changes nothing that is seen: two names that look the same would be two. Joiners within a word
/// of Arabic or of the Indian scripts, and what makes one picture of several, change what is seen.
fn hides_something(value: &str) -> bool {
    let shows = |character: Option<char>| {
        character
            .is_some_and(|character| !character.is_ascii() && !is_invisible(character) && !character.is_whitespace())
    };
    let characters: Vec<char> = value.chars().collect();
    let at = |index: Option<usize>| index.and_then(|index| characters.get(index).copied());
    (0..characters.len()).any(|index| {
        let (before, after) = (at(index.checked_sub(1)), at(index.checked_add(1)));
        match characters[index] {
            '\u{200c}' | '\u{200d}' => !((shows(before) || before == Some('\u{fe0f}')) && shows(after)),
            '\u{fe0f}' => !before
                .is_some_and(|before| !before.is_alphabetic() && !before.is_whitespace() && !is_invisible(before)),
            character => is_invisible(character),
        }
    })
}

/// What programs that show mails turn into links, and what people take for one: an address with its scheme, `www.`, or words joined
/// by a dot, in whatever form the dot and the slash are written.
fn looks_like_a_link(value: &str) -> bool {
    let plain: String = value.chars().map(plain_punctuation).collect::<String>().to_lowercase();
    let words =
        || plain.split(|character: char| character.is_whitespace() || "()[]<>{}\"'“”«»„,;|".contains(character));
    plain.contains(":/")
        || plain.contains("//")
        || words().any(|word| word.starts_with("www") && word.contains('.') || has_domain(word))
}

fn plain_punctuation(character: char) -> char {
    match character {
        '\u{2024}' | '\u{3002}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}' | '\u{2e33}' | '\u{a4f8}' | '\u{701}'
        | '\u{702}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{ff0f}' | '\u{2571}' | '\\' => '/',
        '\u{ff1a}' | '\u{a789}' | '\u{2236}' | '\u{fe55}' | '\u{fe13}' | '\u{5c3}' | '\u{2d0}' => ':',
        // Letters and digits of another width.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

/// `name.tld`: a letter or digit, a dot, and at least two letters up to the end, a slash, a colon or another dot. `J.R.R.` and `3.5` are none.
fn has_domain(word: &str) -> bool {
    let host = word.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let host = host
        .rsplit('@')
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', '!', '…']);
    let Some((before, last)) = host.rsplit_once('.') else {
        return false;
    };
    let is_top_level = last.starts_with("xn--") || (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic));
    is_top_level && before.chars().next_back().is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_can_be_seen() {
        let is_fine = |name: &str| {
            let mut validation = Validation::default();
            validation.line("name", name, 1, 5);
            validation.finish().is_ok()
        };
        for name in [
            "a",
            " Ada ",
            "👩\u{200d}💻",
            "آ\u{200c}ب",
            "12345",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "é",
            "ก็",
            "Zoë",
        ] {
            assert!(is_fine(name), "{name:?}");
        }
        for name in [
            "",
            "  ",
            "\u{200b}",
            "\u{feff}\u{ad}",
            "a\nb",
            "a\tb",
            "a\u{2028}",
            "\u{202e}a",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{200d}b",
            "a\u{ad}b",
            "a\u{200f}",
            "\u{2060}a",
            "a\u{feff}",
            "a\u{e0041}",
            "a\u{3164}",
            "\u{2800}",
            "a\u{fe0f}",
            "a\u{0}",
            "123456",
        ] {
            assert!(!is_fine(name), "{name:?}");
        }
    }
    #[test]
    fn a_name_in_mails_is_no_link() {
        for name in [
            "Acme",
            "Acme GmbH & Co. KG",
            "St. Pauli",
            "J.R.R. Tolkien",
            "A.C.M.E.",
            "Version 3.5",
            "No. 1",
            "Acme, Inc.",
            "24/7 Help",
            "R&D / Lab",
            "50:50",
            "wwwhat",
            "Müller-Lüdenscheidt",
            "O'Neill",
            "Acme…",
            "日本語",
            "Jr.",
            "Q: answers",
        ] {
            assert!(!looks_like_a_link(name), "{name}");
        }
        for name in [
            "https://evil.example",
            "http://evil.example/x",
            "HTTPS://EVIL.EXAMPLE",
            "evil.example",
            "Go to evil.example!",
            "evil.com/login",
            "(evil.com)",
            "www.evil",
            "WWW.evil.com",
            "evil．com",
            "evil。com",
            "https:⁄⁄evil",
            "https：／／evil",
            "evil.com:8080",
            "x.co?y",
            "me@evil.com",
            "javascript://x",
            "//evil.com",
            "http:/evil",
            "bücher.example",
            "evil.xn--p1ai",
            "evil.com.",
            "“evil.com”",
            "ｅｖｉｌ.ｃｏｍ",
            "hxxp:\\\\evil",
            "ev\u{440}l.\u{440}\u{444}",
        ] {
            assert!(looks_like_a_link(name), "{name}");
        }
    }
}
