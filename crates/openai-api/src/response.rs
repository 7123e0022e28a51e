//! An answer that is not streamed: its usage read, the caller's model name put back.

use std::ops::Range;

use bytes::Bytes;

use crate::error::{self, ErrorEnvelope};
use crate::scan::{self, Elements, Kind, Members, SyntaxError, Value};
use crate::splice::{self, Patch};
use crate::usage::{Count, Usage};

/// A whole answer that is known to be well-formed JSON: the bytes and what was found in them.
#[derive(Debug, Clone)]
pub struct ResponseBody {
    bytes: Bytes,
    model: Option<Range<usize>>,
    usage: Option<Usage>,
    /// Bytes of what was generated, as they are spelt.
    generated: usize,
    error: Option<ErrorEnvelope>,
}

/// Bytes of text in a token, about: four letters of English, less than two of Chinese.
const BYTES_PER_TOKEN: usize = 4;

impl ResponseBody {
    /// Reads `bytes` in one pass. Bytes that are not JSON are an error; JSON that is not an object has nothing to find.
    pub fn read(bytes: Bytes) -> Result<Self, SyntaxError> {
        scan::check_utf8(&bytes)?;
        let (mut model, mut usage, mut generated, mut is_error) = (None, None, 0, false);
        for member in Members::of_document(&bytes)?.into_iter().flatten() {
            let member = member?;
            let value = &member.value;
            match &*member.name(&bytes) {
                b"model" if matches!(value.kind, Kind::String { .. }) => model = Some(value.span.clone()),
                b"usage" => usage = Usage::read(&bytes, value),
                b"choices" => generated = generated_bytes(&bytes, value),
                b"error" => is_error |= value.kind != Kind::Null,
                b"object" => is_error |= value.text(&bytes).as_deref() == Some("error"),
                _ => {}
            }
        }
        let error = is_error.then(|| error::normalise_in_band(&bytes));
        Ok(Self {
            bytes,
            model,
            usage,
            generated,
            error,
        })
    }

    /// The engine's count; `None` if it gave none, which is an alarm and not a zero.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// What was used: the engine's count, else a token for every four bytes of what was generated.
    pub fn counted(&self) -> Count {
        match self.usage {
            Some(usage) => Count::told(usage),
            None => Count::estimated(self.generated.div_ceil(BYTES_PER_TOKEN) as u64),
        }
    }

    /// The error, if the engine answered with one under a status that says otherwise.
    pub fn error(&self) -> Option<&ErrorEnvelope> {
        self.error.as_ref()
    }

    /// The answer with the caller's name for the model and every other byte as received.
    pub fn echo_model(&self, model: &str) -> Bytes {
        let Some(span) = self.model.clone() else {
            return self.bytes.clone();
        };
        let mut name = Vec::with_capacity(model.len() + 2);
        splice::push_json_string(&mut name, model);
        if self.bytes[span.clone()] == name {
            return self.bytes.clone();
        }
        let patches = [Patch {
            range: span,
            with: &name,
        }];
        let mut out = Vec::with_capacity(splice::spliced_len(&self.bytes, &patches));
        splice::splice_into(&mut out, &self.bytes, &patches);
        out.into()
    }
}

/// All members of the messages (text, reasoning, tool calls, whatever they are called) but the role, and the texts of completions.
fn generated_bytes(source: &[u8], choices: &Value) -> usize {
    let members = |value: &Value| {
        Members::of_value(source, value)
            .map_while(Result::ok)
            .collect::<Vec<_>>()
    };
    let mut bytes = 0;
    for choice in Elements::of_value(source, choices) {
        for member in members(&choice) {
            match &*member.name(source) {
                b"text" => bytes += spelt_bytes(&member.value),
                b"message" => {
                    let said = members(&member.value);
                    let said = said.iter().filter(|member| &*member.name(source) != b"role");
                    bytes += said.map(|member| spelt_bytes(&member.value)).sum::<usize>();
                }
                _ => {}
            }
        }
    }
    bytes
}

/// Without the quotes or brackets around it; nothing for null.
fn spelt_bytes(value: &Value) -> usize {
    match value.kind {
        Kind::Null => 0,
        _ => value.span.len().saturating_sub(2),
    }
}

/// The usage of an answer; `None` if there is none or the bytes are not JSON.
pub fn read_usage(bytes: &[u8]) -> Option<Usage> {
    let members = Members::of_document(bytes).ok()??;
    let mut usage = None;
    for member in members {
        let member = member.ok()?;
        if &*member.name(bytes) == b"usage" {
            usage = Usage::read(bytes, &member.value);
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "{\"id\":\"c1\", \"model\" : \"\\/models\\/llama\",\"choices\":[{\"message\":{\"content\":\"\\u00e9\",\"model\":\"inner\"}}],\n\
                          \"usage\":{\"prompt_tokens\":12,\"completion_tokens\":5,\"total_tokens\":17},\"seed\":1e400}";

    #[test]
    fn only_the_top_level_model_changes() {
        let body = ResponseBody::read(Bytes::from(ANSWER)).unwrap();
        assert_eq!(body.usage().map(|usage| usage.total_tokens()), Some(17));
        assert_eq!(read_usage(ANSWER.as_bytes()), body.usage());
        assert_eq!(
            body.echo_model("acme/\"bot\""),
            ANSWER.replace(r#""\/models\/llama""#, r#""acme/\"bot\"""#)
        );
        assert!(body.error().is_none());
    }

    #[test]
    fn an_answer_that_needs_no_edit_is_the_same_buffer() {
        let bytes = Bytes::from(r#"{"model":"m","data":[[0.1,-2e-3]]}"#);
        let body = ResponseBody::read(bytes.clone()).unwrap();
        assert_eq!(body.echo_model("m").as_ptr(), bytes.as_ptr());
        assert_eq!(body.usage(), None);
    }

    #[test]
    fn an_answer_without_usage_is_counted_by_what_was_generated() {
        let counted = |text: &'static str| ResponseBody::read(Bytes::from(text)).unwrap().counted();
        let told = counted(r#"{"choices":[{"text":"abcdefgh"}],"usage":{"prompt_tokens":3,"completion_tokens":9}}"#);
        assert_eq!((told.usage.completion_tokens, told.is_estimated), (9, false));
        for (answer, tokens) in [
            (
                r#"{"choices":[{"message":{"role":"assistant","content":"abcdefghi"}}],"usage":null}"#,
                3,
            ),
            (
                r#"{"choices":[{"text":"abcd"},{"text":"efgh"}],"usage":{"prompt_tokens":3,"completion_tokens":-2}}"#,
                2,
            ),
            (
                r#"{"choices":[{"message":{"content":null,"reasoning":"abcd","tool_calls":[{"id":"a"}]}}]}"#,
                4,
            ),
            (r#"{"choices":[{"message":{"role":"assistant","content":""}}]}"#, 0),
            (r#"{"choices":null}"#, 0),
        ] {
            assert_eq!(counted(answer), Count::estimated(tokens), "{answer}");
        }
    }

    #[test]
    fn an_error_under_a_good_status_is_noticed() {
        let nested = ResponseBody::read(Bytes::from(r#"{"error":{"message":"dead","code":500}}"#)).unwrap();
        assert_eq!(nested.error().map(|error| error.status), Some(500));
        let flat = ResponseBody::read(Bytes::from(r#"{"object":"error","message":"no","code":400}"#)).unwrap();
        assert_eq!(flat.error().map(|error| error.status), Some(400));
        let fine = ResponseBody::read(Bytes::from(r#"{"id":"r","error":null}"#)).unwrap();
        assert!(fine.error().is_none());
    }

    #[test]
    fn what_is_not_json_is_an_error_and_what_is_not_an_object_passes() {
        assert!(ResponseBody::read(Bytes::from("<html>")).is_err());
        assert!(ResponseBody::read(Bytes::new()).is_err());
        assert_eq!(ResponseBody::read(Bytes::from("[1]")).unwrap().echo_model("m"), "[1]");
    }
}
