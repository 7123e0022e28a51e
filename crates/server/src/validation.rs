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
        let holds = !value
            .chars()
            .any(|character| character.is_control() || breaks_out(character));
        let rule = "must be a single line without control characters";
        self.check(holds, field, FieldCode::Characters, rule);
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

/// Line and paragraph separators, and what embeds, overrides or isolates a direction of writing.
fn breaks_out(character: char) -> bool {
    matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters without a shape of their own; between others they may have a meaning.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
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
        for name in ["a", " Ada ", "👩\u{200d}💻", "آ\u{200c}ب", "12345"] {
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
            "a\u{0}",
            "123456",
        ] {
            assert!(!is_fine(name), "{name:?}");
        }
    }
}
