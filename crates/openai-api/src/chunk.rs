//! One chunk of a stream: what it says, in one pass, and where the members are that may be edited.

use std::ops::Range;

use crate::scan::{Elements, Kind, Members, SyntaxError, Value};
use crate::usage::Usage;

/// What a chunk says. Spans are offsets into the chunk's JSON.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub model: Option<Range<usize>>,
    pub usage: Option<UsageMember>,
    pub choices: Choices,
    pub is_error: bool,
    /// Spans of `id`, `object` and `created`: what a chunk of our own must repeat.
    pub identity: [Option<Range<usize>>; 3],
}

#[derive(Debug)]
pub(crate) struct UsageMember {
    pub value: Range<usize>,
    pub is_null: bool,
    /// The bytes to cut to remove the member.
    pub cut: Range<usize>,
    pub usage: Option<Usage>,
}

/// The choices of a chunk, summed up.
#[derive(Debug, Default)]
pub(crate) struct Choices {
    pub state: ChoicesState,
    /// Any of them carries text, reasoning or a tool call.
    pub has_content: bool,
    /// Span of the last `finish_reason` that is a string.
    pub finish_reason: Option<Range<usize>>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum ChoicesState {
    /// No `choices`, or not an array.
    #[default]
    Absent,
    Empty,
    /// Exactly one, with this index.
    One(u64),
    Several,
}

impl Chunk {
    /// Reads one event's data; `Ok(None)` when it is JSON but not an object.
    pub fn read(source: &[u8]) -> Result<Option<Self>, SyntaxError> {
        let Some(members) = Members::of_document(source)? else {
            return Ok(None);
        };
        let mut chunk = Self::default();
        for member in members {
            let member = member?;
            let value = &member.value;
            match &*member.name(source) {
                b"id" => chunk.identity[0] = Some(value.span.clone()),
                b"object" => {
                    // vLLM's flat error has no `error` member.
                    chunk.is_error |= value.text(source).as_deref() == Some("error");
                    chunk.identity[1] = Some(value.span.clone());
                }
                b"created" => chunk.identity[2] = Some(value.span.clone()),
                b"model" if matches!(value.kind, Kind::String { .. }) => chunk.model = Some(value.span.clone()),
                b"choices" => chunk.choices = Choices::read(source, value),
                b"usage" => {
                    chunk.usage = Some(UsageMember {
                        value: value.span.clone(),
                        is_null: value.kind == Kind::Null,
                        cut: member.cut(source, member.previous_end.is_none()),
                        usage: Usage::read(source, value),
                    });
                }
                b"error" => chunk.is_error |= value.kind != Kind::Null,
                _ => {}
            }
        }
        Ok(Some(chunk))
    }

    /// The chunk that only brings the totals.
    pub fn is_usage_only(&self) -> bool {
        self.choices.state == ChoicesState::Empty && self.usage.as_ref().is_some_and(|usage| usage.usage.is_some())
    }
}

impl Choices {
    fn read(source: &[u8], choices: &Value) -> Self {
        let mut read = Self::default();
        if choices.kind != Kind::Array {
            return read;
        }
        read.state = ChoicesState::Empty;
        for choice in Elements::of_value(source, choices) {
            let mut index = 0;
            for member in Members::of_value(source, &choice).map_while(Result::ok) {
                let value = &member.value;
                match &*member.name(source) {
                    b"index" => index = value.whole_number(source).unwrap_or(0),
                    b"text" => read.has_content |= is_filled(value),
                    b"delta" => read.has_content |= delta_has_content(source, value),
                    b"finish_reason" if matches!(value.kind, Kind::String { .. }) => {
                        read.finish_reason = Some(value.span.clone());
                    }
                    _ => {}
                }
            }
            read.state = match read.state {
                ChoicesState::Empty => ChoicesState::One(index),
                _ => ChoicesState::Several,
            };
        }
        read
    }
}

/// Anything generated, whatever it is called (`content`, `reasoning`, `reasoning_content`, `tool_calls`, `refusal`,
/// `audio`, …): every filled member of a delta but its `role`.
fn delta_has_content(source: &[u8], delta: &Value) -> bool {
    Members::of_value(source, delta)
        .map_while(Result::ok)
        .any(|member| is_filled(&member.value) && &*member.name(source) != b"role")
}

/// Neither null nor an empty string, array or object (white space inside brackets does not occur in deltas).
fn is_filled(value: &Value) -> bool {
    value.kind != Kind::Null && value.span.len() > 2
}
