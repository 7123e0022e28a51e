//! What a client sent: the few members the gateway acts on, and the bytes to send to an engine instead.

use std::ops::Range;

use bytes::Bytes;

use crate::error::ErrorEnvelope;
use crate::scan::{self, Kind, Members, SyntaxError, Value};
use crate::splice::{self, Patch};

/// Why a body cannot be forwarded. All are the client's: 400 `invalid_request_error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not JSON, or nested too deeply.
    #[error("The request body is not valid JSON: {0}.")]
    Syntax(#[from] SyntaxError),
    /// JSON of another kind.
    #[error("The request body must be a JSON object.")]
    NotAnObject,
    /// Two values for a member we act on: which one the engine would take cannot be known.
    #[error("The request contains `{0}` more than once.")]
    Duplicate(&'static str),
    /// No `model`, or an empty one.
    #[error("The request names no model: `model` must be a non-empty string.")]
    NoModel,
    /// A value of the wrong kind.
    #[error("`{param}` must be {expected}.")]
    Invalid {
        /// The member.
        param: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
}

impl BodyError {
    /// The member at fault, for the envelope's `param`.
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::Syntax(_) | Self::NotAnObject => None,
            Self::NoModel => Some("model"),
            Self::Duplicate(param) | Self::Invalid { param, .. } => Some(param),
        }
    }
}

impl From<&BodyError> for ErrorEnvelope {
    fn from(error: &BodyError) -> Self {
        Self::invalid_request(error.to_string(), error.param())
    }
}

impl From<BodyError> for ErrorEnvelope {
    fn from(error: BodyError) -> Self {
        Self::from(&error)
    }
}

/// A request body that is known to be a well-formed JSON object naming a model.
///
/// Cheap to keep: the received bytes and a handful of offsets into them.
#[derive(Debug, Clone)]
pub struct RequestBody {
    bytes: Bytes,
    model: Text,
    model_span: Range<usize>,
    stream: bool,
    stream_options: StreamOptionsMember,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    n: u64,
    prompt_cache_key: Option<Text>,
    user: Option<Text>,
    /// The client's `cache_salt` and `priority`, with the comma that goes with each.
    removed: [Option<Range<usize>>; 2],
}

/// What to change on the way to the engine. The default changes only what is always removed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edits<'a> {
    /// The engine's name for the model.
    pub model: Option<&'a str>,
    /// Our salt for the engine's prefix cache, one per organization.
    pub cache_salt: Option<&'a str>,
    /// Ask for running totals on a streamed answer, whatever the client asked for.
    pub stream_usage: bool,
}

/// Where `stream_options` is and what it says.
#[derive(Debug, Clone, Default)]
struct StreamOptionsMember {
    place: StreamOptionsPlace,
    include_usage: Option<Flag>,
    continuous_usage: Option<Flag>,
}

#[derive(Debug, Clone, Default)]
enum StreamOptionsPlace {
    #[default]
    Absent,
    Null(Range<usize>),
    /// `start` is the offset of the opening brace.
    Object {
        start: usize,
        empty: bool,
    },
}

#[derive(Debug, Clone)]
struct Flag {
    value: bool,
    span: Range<usize>,
}

/// Text of the body: a slice of it, or decoded when it contains escapes.
#[derive(Debug, Clone)]
enum Text {
    Slice(Range<usize>),
    Decoded(Box<str>),
}

impl RequestBody {
    /// Reads `bytes` in one pass. All of it is validated; all but the named members is otherwise ignored.
    pub fn read(bytes: Bytes) -> Result<Self, BodyError> {
        scan::check_utf8(&bytes)?;
        let members = Members::of_document(&bytes)?.ok_or(BodyError::NotAnObject)?;
        let mut found = Found::default();
        // Only a member that stays can own the comma in front of a removed one.
        let mut any_stays = false;
        for member in members {
            let member = member?;
            let value = &member.value;
            let mut stays = true;
            match &*member.name(&bytes) {
                b"model" => once(&mut found.model, "model", model(&bytes, value)?)?,
                b"stream" => once(&mut found.stream, "stream", flag("stream", value)?)?,
                b"stream_options" => {
                    once(
                        &mut found.stream_options,
                        "stream_options",
                        stream_options(&bytes, value)?,
                    )?;
                }
                b"max_tokens" => once(&mut found.max_tokens, "max_tokens", bound(&bytes, "max_tokens", value)?)?,
                b"max_completion_tokens" => {
                    let limit = bound(&bytes, "max_completion_tokens", value)?;
                    once(&mut found.max_completion_tokens, "max_completion_tokens", limit)?;
                }
                b"n" => once(&mut found.n, "n", count(&bytes, "n", value)?)?,
                b"prompt_cache_key" => {
                    once(
                        &mut found.prompt_cache_key,
                        "prompt_cache_key",
                        Text::read(&bytes, value),
                    )?;
                }
                b"user" => once(&mut found.user, "user", Text::read(&bytes, value))?,
                b"cache_salt" => {
                    stays = false;
                    once(&mut found.cache_salt, "cache_salt", member.cut(&bytes, !any_stays))?;
                }
                b"priority" => {
                    stays = false;
                    once(&mut found.priority, "priority", member.cut(&bytes, !any_stays))?;
                }
                _ => {}
            }
            any_stays |= stays;
        }
        let (model, model_span) = found.model.ok_or(BodyError::NoModel)?;
        Ok(Self {
            model,
            model_span,
            stream: found.stream.unwrap_or(false),
            stream_options: found.stream_options.unwrap_or_default(),
            max_tokens: found.max_tokens.flatten(),
            max_completion_tokens: found.max_completion_tokens.flatten(),
            n: found.n.flatten().unwrap_or(1),
            prompt_cache_key: found.prompt_cache_key.flatten(),
            user: found.user.flatten(),
            removed: [found.cache_salt, found.priority],
            bytes,
        })
    }

    /// The caller's name for the model.
    pub fn model(&self) -> &str {
        self.model.get(&self.bytes)
    }

    /// Whether the answer is to be streamed.
    pub fn stream(&self) -> bool {
        self.stream
    }

    /// The client's bound on generated tokens; the newer name wins. `None`: none given, or a negative one, which
    /// some engines read as "no bound".
    pub fn max_output_tokens(&self) -> Option<u64> {
        self.max_completion_tokens.or(self.max_tokens)
    }

    /// Answers asked for, at least 1.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The client's hint for keeping requests on one warm worker.
    pub fn prompt_cache_key(&self) -> Option<&str> {
        self.prompt_cache_key.as_ref().map(|key| key.get(&self.bytes))
    }

    /// The client's name for its own end user.
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.get(&self.bytes))
    }

    /// Whether the client asked for a last chunk with the totals.
    pub fn client_wants_usage(&self) -> bool {
        self.stream_options
            .include_usage
            .as_ref()
            .is_some_and(|flag| flag.value)
    }

    /// Whether the client asked for running totals on each chunk; like the engines, only together with the totals.
    pub fn client_wants_continuous_usage(&self) -> bool {
        self.client_wants_usage()
            && self
                .stream_options
                .continuous_usage
                .as_ref()
                .is_some_and(|flag| flag.value)
    }

    /// Bytes of the body as received: the upper bound on the prompt that admission starts from.
    pub fn prompt_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The body as received.
    pub fn as_received(&self) -> &Bytes {
        &self.bytes
    }

    /// The body for the engine: `edits` applied, the client's `cache_salt` and `priority` gone, and every other byte
    /// as received. Without anything to change it is the received buffer itself.
    pub fn forward(&self, edits: &Edits<'_>) -> Bytes {
        // All insertions go behind the value of `model`, the one member that is always there and always stays.
        let mut model = Vec::new();
        let mut patches = Vec::with_capacity(6);
        let renamed = edits.model.filter(|name| *name != self.model());
        if let Some(name) = renamed {
            splice::push_json_string(&mut model, name);
        }
        if let Some(salt) = edits.cache_salt {
            model.extend_from_slice(b",\"cache_salt\":");
            splice::push_json_string(&mut model, salt);
        }
        if edits.stream_usage && self.stream {
            self.stream_options.ask_for_usage(&mut model, &mut patches);
        }
        if !model.is_empty() {
            let start = if renamed.is_some() {
                self.model_span.start
            } else {
                self.model_span.end
            };
            patches.push(Patch {
                range: start..self.model_span.end,
                with: &model,
            });
        }
        patches.extend(self.removed.iter().flatten().map(|range| Patch {
            range: range.clone(),
            with: b"",
        }));
        if patches.is_empty() {
            return self.bytes.clone();
        }
        patches.sort_unstable_by_key(|patch| (patch.range.start, patch.range.end));
        let mut out = Vec::with_capacity(splice::spliced_len(&self.bytes, &patches));
        splice::splice_into(&mut out, &self.bytes, &patches);
        out.into()
    }
}

/// Members as they turn up; the outer `Option` is "seen", so that a second one is noticed even after a null.
#[derive(Default)]
struct Found {
    model: Option<(Text, Range<usize>)>,
    stream: Option<bool>,
    stream_options: Option<StreamOptionsMember>,
    max_tokens: Option<Option<u64>>,
    max_completion_tokens: Option<Option<u64>>,
    n: Option<Option<u64>>,
    prompt_cache_key: Option<Option<Text>>,
    user: Option<Option<Text>>,
    cache_salt: Option<Range<usize>>,
    priority: Option<Range<usize>>,
}

fn once<T>(slot: &mut Option<T>, param: &'static str, value: T) -> Result<(), BodyError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(BodyError::Duplicate(param)),
    }
}

fn model(source: &[u8], value: &Value) -> Result<(Text, Range<usize>), BodyError> {
    let text = Text::read(source, value).ok_or(BodyError::NoModel)?;
    if text.get(source).is_empty() {
        return Err(BodyError::NoModel);
    }
    Ok((text, value.span.clone()))
}

fn flag(param: &'static str, value: &Value) -> Result<bool, BodyError> {
    match value.kind {
        Kind::Bool(flag) => Ok(flag),
        Kind::Null => Ok(false),
        _ => Err(BodyError::Invalid {
            param,
            expected: "true, false or null",
        }),
    }
}

fn bound(source: &[u8], param: &'static str, value: &Value) -> Result<Option<u64>, BodyError> {
    let negative = value.kind == Kind::Number && source[value.span.start] == b'-';
    match (value.kind, value.whole_number(source)) {
        (_, Some(tokens)) => Ok(Some(tokens)),
        (Kind::Null, _) => Ok(None),
        _ if negative => Ok(None),
        _ => Err(BodyError::Invalid {
            param,
            expected: "a whole number or null",
        }),
    }
}

fn count(source: &[u8], param: &'static str, value: &Value) -> Result<Option<u64>, BodyError> {
    match (value.kind, value.whole_number(source)) {
        (Kind::Null, _) => Ok(None),
        (_, Some(count)) if count > 0 => Ok(Some(count)),
        _ => Err(BodyError::Invalid {
            param,
            expected: "a whole number above 0, or null",
        }),
    }
}

fn stream_options(source: &[u8], value: &Value) -> Result<StreamOptionsMember, BodyError> {
    let mut read = StreamOptionsMember::default();
    match value.kind {
        Kind::Null => read.place = StreamOptionsPlace::Null(value.span.clone()),
        Kind::Object => {
            let mut empty = true;
            for member in Members::of_value(source, value) {
                let member = member?;
                empty = false;
                let (slot, param) = match &*member.name(source) {
                    b"include_usage" => (&mut read.include_usage, "stream_options.include_usage"),
                    b"continuous_usage_stats" => (&mut read.continuous_usage, "stream_options.continuous_usage_stats"),
                    _ => continue,
                };
                once(
                    slot,
                    param,
                    Flag {
                        value: flag(param, &member.value)?,
                        span: member.value.span,
                    },
                )?;
            }
            read.place = StreamOptionsPlace::Object {
                start: value.span.start,
                empty,
            };
        }
        _ => {
            return Err(BodyError::Invalid {
                param: "stream_options",
                expected: "an object or null",
            });
        }
    }
    Ok(read)
}

impl StreamOptionsMember {
    /// Turns both flags on: in place where they are, in front of the other keys where the object is, and as a new
    /// member (appended to `behind_model`) where there is none.
    fn ask_for_usage(&self, behind_model: &mut Vec<u8>, patches: &mut Vec<Patch<'_>>) {
        const BOTH: &str = r#"{"include_usage":true,"continuous_usage_stats":true}"#;
        let (start, empty) = match &self.place {
            StreamOptionsPlace::Absent => {
                behind_model.extend_from_slice(b",\"stream_options\":");
                behind_model.extend_from_slice(BOTH.as_bytes());
                return;
            }
            StreamOptionsPlace::Null(span) => {
                patches.push(Patch {
                    range: span.clone(),
                    with: BOTH.as_bytes(),
                });
                return;
            }
            StreamOptionsPlace::Object { start, empty } => (start + 1, *empty),
        };
        let missing: &[u8] = match (&self.include_usage, &self.continuous_usage, empty) {
            (None, None, true) => br#""include_usage":true,"continuous_usage_stats":true"#,
            (None, None, false) => br#""include_usage":true,"continuous_usage_stats":true,"#,
            (None, Some(_), _) => br#""include_usage":true,"#,
            (Some(_), None, _) => br#""continuous_usage_stats":true,"#,
            (Some(_), Some(_), _) => b"",
        };
        if !missing.is_empty() {
            patches.push(Patch {
                range: start..start,
                with: missing,
            });
        }
        let present = [&self.include_usage, &self.continuous_usage].into_iter().flatten();
        patches.extend(present.filter(|flag| !flag.value).map(|flag| Patch {
            range: flag.span.clone(),
            with: b"true",
        }));
    }
}

impl Text {
    fn read(source: &[u8], value: &Value) -> Option<Self> {
        match value.kind {
            Kind::String { escaped: false } => Some(Self::Slice(value.span.start + 1..value.span.end - 1)),
            Kind::String { escaped: true } => value.text(source).map(|text| Self::Decoded(text.into())),
            _ => None,
        }
    }

    fn get<'a>(&'a self, source: &'a [u8]) -> &'a str {
        match self {
            // The whole body was checked to be UTF-8 when it was read.
            Self::Slice(range) => std::str::from_utf8(&source[range.clone()]).unwrap_or_default(),
            Self::Decoded(text) => text,
        }
    }
}
