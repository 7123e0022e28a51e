//! Rules for what people and programs send, checked together so that whoever sent it sees all of it at once.

mod links;

use links::looks_like_a_link;
pub use links::username_looks_like_a_link;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::codes::FieldCode;
use crate::error::{Error, FieldError, Result};

/// On one letter. Real names have up to three, more climb out of their line.
const MOST_MARKS: usize = 4;

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
        let rule = "must be a single line without control, direction or invisible characters, with at most four marks on a letter";
        self.check(line_holds(value), field, FieldCode::Characters, rule);
    }

    /// As [`Validation::line`], for a name that stands in mails to people who did not ask for them: nothing in it becomes a link there.
    pub fn mailed_name(&mut self, field: &str, value: &str, min: usize, max: usize) {
        self.line(field, value, min, max);
        self.check(
            !looks_like_a_link(value),
            field,
            FieldCode::Link,
            "must not look like a link: no dots between words, no slashes, no www, no =?",
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

/// A name as mails to people who did not ask for them say it: not at all, if it looks like a link. Names are checked when they are
/// set; usernames may hold dots, and some names are older than the check.
pub fn mailed(name: &str) -> Option<String> {
    (!looks_like_a_link(name)).then(|| name.to_owned())
}

/// One line in which everything is seen.
pub fn line_holds(value: &str) -> bool {
    !value
        .chars()
        .any(|character| character.is_control() || breaks_out(character))
        && !hides_something(value)
        && !piles_up(value)
}

/// Marks on marks on marks.
fn piles_up(value: &str) -> bool {
    let mut marks = 0;
    value.nfd().any(|character| {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        marks > MOST_MARKS
    })
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
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{13430}'..='\u{1345f}'
            | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
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
            "ệ",
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
            "a\u{1bca0}",
            "a\u{13430}",
            "a\u{fffc}",
            "a\u{301}\u{302}\u{303}\u{304}\u{305}",
            "é\u{302}\u{303}\u{304}\u{305}",
            "123456",
        ] {
            assert!(!is_fine(name), "{name:?}");
        }
    }
}
