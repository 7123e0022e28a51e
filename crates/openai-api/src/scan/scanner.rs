//! The grammar: one cursor, no recursion, no allocation.

use std::ops::Range;

use super::{Kind, MAX_DEPTH, Reason, SyntaxError, Value};

/// A cursor over bytes that moves past one piece of JSON at a time, or says why it cannot.
pub(super) struct Scanner<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl Scanner<'_> {
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn fail(&self, reason: Reason) -> SyntaxError {
        SyntaxError { at: self.at, reason }
    }

    pub fn unexpected(&self) -> SyntaxError {
        self.fail(if self.at < self.bytes.len() {
            Reason::UnexpectedCharacter
        } else {
            Reason::UnexpectedEnd
        })
    }

    pub fn end_of_document(&mut self) -> Result<(), SyntaxError> {
        self.whitespace();
        if self.at < self.bytes.len() {
            Err(self.fail(Reason::TrailingCharacters))
        } else {
            Ok(())
        }
    }

    /// A key and the colon behind it.
    pub fn key(&mut self) -> Result<(Range<usize>, bool), SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        let start = self.at;
        let escaped = self.string()?;
        let key = start..self.at;
        self.whitespace();
        if self.peek() != Some(b':') {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok((key, escaped))
    }

    /// One value inside `depth` open brackets. Iterative: a bit per open bracket instead of a stack frame.
    pub fn value(&mut self, mut depth: u32) -> Result<Value, SyntaxError> {
        self.whitespace();
        let start = self.at;
        let outside = depth;
        let mut objects: u128 = 0; // bit 0: the innermost open bracket is `{`
        let mut kind = None;
        loop {
            // Here a value must start.
            self.whitespace();
            let first = self.peek().ok_or_else(|| self.unexpected())?;
            let found = match first {
                b'{' | b'[' => {
                    if depth == MAX_DEPTH {
                        return Err(self.fail(Reason::TooDeep));
                    }
                    let is_object = first == b'{';
                    self.at += 1;
                    self.whitespace();
                    let close = if is_object { b'}' } else { b']' };
                    if self.peek() == Some(close) {
                        self.at += 1;
                    } else {
                        depth += 1;
                        objects = objects << 1 | u128::from(is_object);
                        kind.get_or_insert(if is_object { Kind::Object } else { Kind::Array });
                        if is_object {
                            self.key()?;
                        }
                        continue;
                    }
                    if is_object { Kind::Object } else { Kind::Array }
                }
                b'"' => Kind::String {
                    escaped: self.string()?,
                },
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.literal(b"true", Kind::Bool(true))?,
                b'f' => self.literal(b"false", Kind::Bool(false))?,
                b'n' => self.literal(b"null", Kind::Null)?,
                _ => return Err(self.unexpected()),
            };
            kind.get_or_insert(found);
            // Here a value has ended: close what it closes, then go on behind the comma.
            loop {
                if depth == outside {
                    return Ok(Value {
                        kind: kind.unwrap_or(found),
                        span: start..self.at,
                    });
                }
                self.whitespace();
                let in_object = objects & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if in_object {
                            self.whitespace();
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => {}
                    Some(b']') if !in_object => {}
                    _ => return Err(self.unexpected()),
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, SyntaxError> {
        if self.bytes[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(kind)
        } else {
            Err(self.unexpected())
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Kind, SyntaxError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return Err(self.fail(Reason::InvalidNumber));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.fail(Reason::InvalidNumber));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.fail(Reason::InvalidNumber));
            }
        }
        Ok(Kind::Number)
    }

    /// A string from its opening quote to behind its closing one; true if it contains an escape.
    fn string(&mut self) -> Result<bool, SyntaxError> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain_prefix(&self.bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.fail(Reason::ControlCharacter)),
                None => return Err(self.fail(Reason::UnexpectedEnd)),
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                match self.hex4()? {
                    0xD800..=0xDBFF => {
                        if !self.bytes[self.at..].starts_with(b"\\u") {
                            return Err(self.fail(Reason::InvalidEscape));
                        }
                        self.at += 2;
                        match self.hex4()? {
                            0xDC00..=0xDFFF => Ok(()),
                            _ => Err(self.fail(Reason::InvalidEscape)),
                        }
                    }
                    0xDC00..=0xDFFF => Err(self.fail(Reason::InvalidEscape)),
                    _ => Ok(()),
                }
            }
            Some(_) => Err(self.fail(Reason::InvalidEscape)),
            None => Err(self.fail(Reason::UnexpectedEnd)),
        }
    }

    fn hex4(&mut self) -> Result<u32, SyntaxError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = match self.peek() {
                Some(digit) => char::from(digit)
                    .to_digit(16)
                    .ok_or_else(|| self.fail(Reason::InvalidEscape))?,
                None => return Err(self.fail(Reason::UnexpectedEnd)),
            };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks (with its high bit) the zero bytes of `word`; exact up to and including the first one.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Length of the prefix without quote, backslash or control character, eight bytes at a time: most of a large body
/// is the inside of strings (messages, base64 images).
fn plain_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let quotes = zero_bytes(word ^ (ONES * b'"' as u64));
        let backslashes = zero_bytes(word ^ (ONES * b'\\' as u64));
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let special = quotes | backslashes | controls;
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + tail
        .iter()
        .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)
        .unwrap_or(tail.len())
}

/// Position of the first `needle`, eight bytes at a time.
pub(crate) fn find_byte(bytes: &[u8], needle: u8) -> Option<usize> {
    let pattern = ONES * u64::from(needle);
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let hits = zero_bytes(u64::from_le_bytes(*word) ^ pattern);
        if hits != 0 {
            return Some(index * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    let start = bytes.len() - tail.len();
    tail.iter().position(|&byte| byte == needle).map(|index| start + index)
}
