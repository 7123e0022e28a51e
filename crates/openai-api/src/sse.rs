//! Cuts a byte stream into server-sent events without changing a byte of it.
//!
//! Lines end with `\n` or `\r\n`, an event ends with an empty line, and both may be split between chunks anywhere.
//! (A lone `\r`, which the standard also allows, is no line end here: no engine sends it, and JSON cannot contain it.)

use std::borrow::Cow;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};

use crate::scan::find_byte;

/// The last event of a stream.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// A comment, to keep intermediaries from closing a silent connection. Clients ignore it.
pub const HEARTBEAT: &[u8] = b": keep-alive\n\n";

/// An event larger than this is refused.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

/// An event grew beyond the bound of the [`Splitter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than {limit} bytes")]
pub struct EventTooLarge {
    /// The bound in bytes.
    pub limit: usize,
}

/// Cuts chunks into events. An event that lies within one chunk is a slice of it; only one that is split between
/// chunks is copied together.
#[derive(Debug)]
pub struct Splitter {
    chunk: Bytes,
    /// The beginning of an event whose end has not arrived.
    begun: BytesMut,
    line: Line,
    limit: usize,
}

/// How far the current line has come: all that must be known across a chunk border.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Line {
    Empty,
    OnlyReturn,
    Text,
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new(MAX_EVENT_BYTES)
    }
}

impl Splitter {
    /// A splitter that refuses events larger than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            chunk: Bytes::new(),
            begun: BytesMut::new(),
            line: Line::Empty,
            limit,
        }
    }

    /// Gives the next chunk. Take all events with [`Splitter::next_event`] before giving another.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            let mut joined = BytesMut::with_capacity(self.chunk.len() + chunk.len());
            joined.extend_from_slice(&self.chunk);
            joined.extend_from_slice(&chunk);
            self.chunk = joined.freeze();
        }
    }

    /// The next complete event, its empty line included: all events and the rest, joined, are the input.
    pub fn next_event(&mut self) -> Result<Option<Bytes>, EventTooLarge> {
        let end = self.event_end();
        let length = self.begun.len() + end.unwrap_or(self.chunk.len());
        if length > self.limit {
            return Err(EventTooLarge { limit: self.limit });
        }
        let Some(end) = end else {
            self.begun.extend_from_slice(&self.chunk);
            self.chunk.clear();
            return Ok(None);
        };
        if self.begun.is_empty() {
            return Ok(Some(self.chunk.split_to(end)));
        }
        self.begun.extend_from_slice(&self.chunk[..end]);
        self.chunk.advance(end);
        Ok(Some(self.begun.split().freeze()))
    }

    /// What is left when the stream has ended: the beginning of an event, without its empty line.
    pub fn rest(&mut self) -> Bytes {
        self.begun.extend_from_slice(&self.chunk);
        self.chunk.clear();
        self.line = Line::Empty;
        self.begun.split().freeze()
    }

    /// Offset in the chunk behind the empty line that ends the current event.
    fn event_end(&mut self) -> Option<usize> {
        let mut at = 0;
        while at < self.chunk.len() {
            match (self.line, self.chunk[at]) {
                (Line::Empty | Line::OnlyReturn, b'\n') => {
                    self.line = Line::Empty;
                    return Some(at + 1);
                }
                (Line::Empty, b'\r') => {
                    self.line = Line::OnlyReturn;
                    at += 1;
                }
                _ => match find_byte(&self.chunk[at..], b'\n') {
                    Some(line_end) => {
                        self.line = Line::Empty;
                        at += line_end + 1;
                    }
                    None => {
                        self.line = Line::Text;
                        return None;
                    }
                },
            }
        }
        None
    }
}

/// The data of an event, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Data<'a> {
    /// No `data` line: a comment, an empty line, or another field.
    None,
    /// One line, and the event consists of nothing else: edit this range of the event in place.
    Line(Range<usize>),
    /// Several lines, or other fields beside them: the lines joined with `\n`.
    Joined(Cow<'a, [u8]>),
}

impl Data<'_> {
    /// Finds the data of `event`, which may be raw bytes of [`Splitter::next_event`] or of [`Splitter::rest`].
    pub fn of(event: &[u8]) -> Data<'_> {
        Data::of_field(event, b"data")
    }

    /// The same for another field name; llama.cpp once sent errors in a field of their own.
    pub(crate) fn of_field<'a>(event: &'a [u8], field: &[u8]) -> Data<'a> {
        let mut found: Option<(Range<usize>, Cow<'a, [u8]>)> = None;
        let mut lines = 0;
        for line in lines_of(event) {
            lines += 1;
            let Some(range) = value_of(event, &line, field) else {
                continue;
            };
            found = Some(match found {
                None => (range.clone(), Cow::Borrowed(&event[range])),
                Some((_, joined)) => {
                    let mut joined = joined.into_owned();
                    joined.push(b'\n');
                    joined.extend_from_slice(&event[range.clone()]);
                    (range, Cow::Owned(joined))
                }
            });
        }
        match found {
            None => Data::None,
            Some((range, _)) if lines == 1 => Data::Line(range),
            Some((_, joined)) => Data::Joined(joined),
        }
    }
}

/// The lines of an event that are not empty, without their ends.
pub(crate) fn lines_of(event: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < event.len() {
            let start = at;
            let end = find_byte(&event[at..], b'\n').map_or(event.len(), |length| at + length);
            at = end + 1;
            let end = if end > start && event[end - 1] == b'\r' {
                end - 1
            } else {
                end
            };
            if end > start {
                return Some(start..end);
            }
        }
        None
    })
}

/// The value of the line if it belongs to `field`: behind the colon and at most one space.
pub(crate) fn value_of(event: &[u8], line: &Range<usize>, field: &[u8]) -> Option<Range<usize>> {
    let text = &event[line.clone()];
    let rest = text.strip_prefix(field)?;
    match rest {
        [] => Some(line.end..line.end),
        [b':', b' ', ..] => Some(line.start + field.len() + 2..line.end),
        [b':', ..] => Some(line.start + field.len() + 1..line.end),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(splitter: &mut Splitter, chunk: &[u8]) -> Vec<Bytes> {
        splitter.push(Bytes::copy_from_slice(chunk));
        std::iter::from_fn(|| splitter.next_event().unwrap()).collect()
    }

    #[test]
    fn an_event_within_a_chunk_is_a_slice_of_it() {
        let chunk = Bytes::from_static(b"data: 1\n\ndata: 2\r\n\r\n: hi\n\n");
        let mut splitter = Splitter::default();
        splitter.push(chunk.clone());
        let first = splitter.next_event().unwrap().unwrap();
        assert_eq!(first.as_ptr(), chunk.as_ptr());
        assert_eq!(splitter.next_event().unwrap().unwrap(), "data: 2\r\n\r\n");
        assert_eq!(splitter.next_event().unwrap().unwrap(), ": hi\n\n");
        assert_eq!(splitter.next_event().unwrap(), None);
        assert!(splitter.rest().is_empty());
    }

    #[test]
    fn the_end_of_an_event_may_be_split_between_its_bytes() {
        let mut splitter = Splitter::default();
        assert!(split(&mut splitter, b"data: 1\r").is_empty());
        assert!(split(&mut splitter, b"\n").is_empty());
        assert!(split(&mut splitter, b"\r").is_empty());
        assert_eq!(split(&mut splitter, b"\ndata: 2"), ["data: 1\r\n\r\n"]);
        assert_eq!(splitter.rest(), "data: 2");
    }

    #[test]
    fn an_event_beyond_the_bound_is_refused_whether_it_ends_or_not() {
        let mut splitter = Splitter::new(16);
        assert_eq!(split(&mut splitter, b"data: 12345678\n\n").len(), 1);
        splitter.push(Bytes::from_static(b"data: 123456789\n\n"));
        assert_eq!(splitter.next_event(), Err(EventTooLarge { limit: 16 }));
        let mut splitter = Splitter::new(16);
        assert!(split(&mut splitter, b"data: 12345").is_empty());
        splitter.push(Bytes::from_static(b"678901"));
        assert_eq!(splitter.next_event(), Err(EventTooLarge { limit: 16 }));
    }

    #[test]
    fn data_is_found_with_and_without_a_space_and_beside_other_fields() {
        assert_eq!(Data::of(b"data: {}\n\n"), Data::Line(6..8));
        assert_eq!(Data::of(b"data:{}\r\n\r\n"), Data::Line(5..7));
        assert_eq!(Data::of(b"data\n\n"), Data::Line(4..4));
        assert_eq!(Data::of(b": comment\n\n"), Data::None);
        assert_eq!(Data::of(b"database: 1\n\n"), Data::None);
        assert_eq!(Data::of(b"\n"), Data::None);
        assert_eq!(Data::of(b"event: x\ndata: 1\n\n"), Data::Joined(Cow::Borrowed(b"1")));
        assert_eq!(
            Data::of(b"data: 1\r\ndata: 2\r\n\r\n"),
            Data::Joined(Cow::Owned(b"1\n2".to_vec()))
        );
    }

    proptest! {
        #[test]
        fn the_events_do_not_depend_on_the_chunks(
            text in "(data: [a-z]{0,9}(\n|\r\n)|: [a-z]{0,9}\n|\n|\r\n|\r){0,20}",
            cuts in proptest::collection::vec(0usize..200, 0..8),
        ) {
            let whole = split(&mut Splitter::default(), text.as_bytes());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.push(text.len());
            cuts.sort_unstable();
            let mut splitter = Splitter::default();
            let mut events = Vec::new();
            let mut start = 0;
            for cut in cuts {
                events.extend(split(&mut splitter, &text.as_bytes()[start..cut]));
                start = cut;
            }
            prop_assert_eq!(&events, &whole);
            let mut joined = events.concat();
            joined.extend_from_slice(&splitter.rest());
            prop_assert_eq!(joined, text.as_bytes());
        }
    }
}
