//! A validating JSON scanner that reports where things are instead of what they are.
//!
//! It accepts what `serde_json` accepts for a value (RFC 8259, paired surrogates, the same depth), with one stated
//! difference: the size of a number is not judged, because its spelling is passed on and not used.
//! It reads bytes: whether strings are UTF-8 is for the caller to check (one fast call over the whole body).

mod scanner;

use std::borrow::Cow;
use std::ops::Range;

use scanner::Scanner;
pub(crate) use scanner::find_byte;

/// Arrays and objects may be nested this deep, the outermost included: what `serde_json` accepts too.
pub const MAX_DEPTH: u32 = 127;

/// Where and why bytes are not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {at}")]
pub struct SyntaxError {
    /// Offset of the offending byte.
    pub at: usize,
    /// What was wrong there.
    pub reason: Reason,
}

/// What was wrong with a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The input ends inside a value.
    #[error("unexpected end of JSON")]
    UnexpectedEnd,
    /// A character that cannot stand here.
    #[error("unexpected character")]
    UnexpectedCharacter,
    /// A control character inside a string must be escaped.
    #[error("unescaped control character in a string")]
    ControlCharacter,
    /// A backslash followed by something that is not an escape, or half of a surrogate pair.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// A number that JSON does not know, such as `01` or `1.`.
    #[error("invalid number")]
    InvalidNumber,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
    /// Something follows the value.
    #[error("unexpected characters after the end of JSON")]
    TrailingCharacters,
    /// The bytes of a string are not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
}

/// The kind of a value, and all that is cheap to know about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `escaped` when the text contains a backslash and must be decoded before it is compared.
    String {
        /// Whether the spelling differs from the text.
        escaped: bool,
    },
    /// Any number; its span is its spelling.
    Number,
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `{…}`.
    Object,
    /// `[…]`.
    Array,
}

/// A value: what it is and where it is, delimiters included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, quotes, braces and brackets included.
    pub span: Range<usize>,
}

impl Value {
    /// The text of a string value; `None` for other kinds and for text that is not UTF-8.
    pub fn text<'a>(&self, source: &'a [u8]) -> Option<Cow<'a, str>> {
        let Kind::String { escaped } = self.kind else {
            return None;
        };
        decode_string(source, self.span.clone(), escaped)
    }

    /// A non-negative whole number, however it is spelt (`16`, `16.0`, `1.6e1`); `None` for everything else.
    pub fn whole_number(&self, source: &[u8]) -> Option<u64> {
        if self.kind != Kind::Number {
            return None;
        }
        let spelling = std::str::from_utf8(&source[self.span.clone()]).ok()?;
        spelling.parse().ok().or_else(|| {
            let number: f64 = spelling.parse().ok()?;
            // Beyond 2^53 a float no longer names one whole number.
            ((0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0).then_some(number as u64)
        })
    }
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key with its quotes.
    pub key: Range<usize>,
    /// Whether the key contains a backslash.
    pub key_escaped: bool,
    /// Its value.
    pub value: Value,
    /// End of the previous member's value; `None` for the first member.
    pub previous_end: Option<usize>,
}

impl Member {
    /// The key as bytes, decoded only if it contains an escape.
    pub fn name<'a>(&self, source: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.key_escaped {
            return Cow::Borrowed(&source[self.key.start + 1..self.key.end - 1]);
        }
        match decode_string(source, self.key.clone(), true) {
            Some(text) => Cow::Owned(text.into_owned().into_bytes()),
            None => Cow::Borrowed(&source[self.key.clone()]),
        }
    }

    /// The bytes to cut so that the object stays well formed without this member.
    ///
    /// `leads`: no member before this one stays, so the comma to remove is the one behind.
    pub fn cut(&self, source: &[u8], leads: bool) -> Range<usize> {
        match self.previous_end {
            Some(previous_end) if !leads => previous_end..self.value.span.end,
            _ => {
                let mut scanner = Scanner {
                    bytes: source,
                    at: self.value.span.end,
                };
                scanner.whitespace();
                if scanner.peek() == Some(b',') {
                    scanner.at += 1;
                    scanner.whitespace();
                    self.key.start..scanner.at
                } else {
                    self.key.start..self.value.span.end
                }
            }
        }
    }
}

/// Walks the members of an object, validating everything it passes.
///
/// All spans are offsets into `source`. After the first error, or the end, it yields nothing more.
pub struct Members<'a> {
    scanner: Scanner<'a>,
    end: End,
    previous_end: Option<usize>,
    done: bool,
}

/// What must follow the closing bracket.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// Only white space: the value is the whole document.
    OfDocument,
    /// Anything: the value lies inside a document that has been validated.
    OfValue,
}

impl<'a> Members<'a> {
    /// A document that is one object. `Ok(None)` when it is well-formed JSON of another kind.
    pub fn of_document(source: &'a [u8]) -> Result<Option<Self>, SyntaxError> {
        let mut scanner = Scanner { bytes: source, at: 0 };
        scanner.whitespace();
        if scanner.peek() == Some(b'{') {
            return Ok(Some(Self::open(scanner, End::OfDocument)));
        }
        scanner.value(0)?;
        scanner.end_of_document()?;
        Ok(None)
    }

    /// The members of `value`, found earlier in `source`; none if it is not an object.
    pub fn of_value(source: &'a [u8], value: &Value) -> Self {
        let scanner = Scanner {
            bytes: source,
            at: value.span.start,
        };
        if value.kind == Kind::Object {
            Self::open(scanner, End::OfValue)
        } else {
            Self {
                scanner,
                end: End::OfValue,
                previous_end: None,
                done: true,
            }
        }
    }

    fn open(mut scanner: Scanner<'a>, end: End) -> Self {
        scanner.at += 1;
        Self {
            scanner,
            end,
            previous_end: None,
            done: false,
        }
    }

    fn advance(&mut self) -> Result<Option<Member>, SyntaxError> {
        let scanner = &mut self.scanner;
        scanner.whitespace();
        match (scanner.peek(), self.previous_end) {
            (Some(b'}'), _) => {
                scanner.at += 1;
                self.done = true;
                if self.end == End::OfDocument {
                    scanner.end_of_document()?;
                }
                return Ok(None);
            }
            (_, None) => {}
            (Some(b','), Some(_)) => {
                scanner.at += 1;
                scanner.whitespace();
            }
            _ => return Err(scanner.unexpected()),
        }
        let (key, key_escaped) = scanner.key()?;
        let value = scanner.value(1)?;
        let previous_end = self.previous_end.replace(value.span.end);
        Ok(Some(Member {
            key,
            key_escaped,
            value,
            previous_end,
        }))
    }
}

impl Iterator for Members<'_> {
    type Item = Result<Member, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.advance();
        self.done |= step.is_err();
        step.transpose()
    }
}

/// Walks the elements of an array found earlier in `source`; none if it is not an array.
pub struct Elements<'a> {
    scanner: Scanner<'a>,
    first: bool,
    done: bool,
}

impl<'a> Elements<'a> {
    /// The elements of `value`, which must come from a scan of the same `source`.
    pub fn of_value(source: &'a [u8], value: &Value) -> Self {
        Self {
            scanner: Scanner {
                bytes: source,
                at: value.span.start + 1,
            },
            first: true,
            done: value.kind != Kind::Array,
        }
    }
}

impl Iterator for Elements<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        if self.done {
            return None;
        }
        self.scanner.whitespace();
        if !self.first && self.scanner.peek() == Some(b',') {
            self.scanner.at += 1;
        }
        self.first = false;
        // The array was validated when it was found: only the closing bracket is not a value.
        let element = self.scanner.value(1).ok();
        self.done = element.is_none();
        element
    }
}

/// Checks that `source` is one JSON value and nothing else.
pub fn validate(source: &[u8]) -> Result<Value, SyntaxError> {
    check_utf8(source)?;
    let mut scanner = Scanner { bytes: source, at: 0 };
    let value = scanner.value(0)?;
    scanner.end_of_document()?;
    Ok(value)
}

/// Checks that `source` is UTF-8, as JSON must be.
pub fn check_utf8(source: &[u8]) -> Result<(), SyntaxError> {
    match std::str::from_utf8(source) {
        Ok(_) => Ok(()),
        Err(error) => Err(SyntaxError {
            at: error.valid_up_to(),
            reason: Reason::InvalidUtf8,
        }),
    }
}

fn decode_string(source: &[u8], span: Range<usize>, escaped: bool) -> Option<Cow<'_, str>> {
    if escaped {
        serde_json::from_slice::<String>(&source[span]).ok().map(Cow::Owned)
    } else {
        std::str::from_utf8(&source[span.start + 1..span.end - 1])
            .ok()
            .map(Cow::Borrowed)
    }
}
