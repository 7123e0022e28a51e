//! An engine's event stream on its way to the client: read for accounting, edited in place, otherwise untouched.

use bytes::Bytes;

use crate::chunk::{Choices, ChoicesState, Chunk};
use crate::error::{self, ErrorEnvelope};
use crate::splice::{self, Patch};
use crate::sse::{self, Data, Splitter};
use crate::usage::{Count, RunningUsage, Usage};

/// What the client asked for.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// The name the caller used for the model, put back into every chunk.
    pub echo_model: String,
    /// The client wants a last chunk with the totals.
    pub include_usage: bool,
    /// The client wants running totals on each chunk; counts only together with `include_usage`.
    pub continuous_usage: bool,
}

/// What has been seen so far.
#[derive(Debug, Clone, Default)]
pub struct StreamState {
    /// Running totals; `None` until the engine reported any.
    pub usage: Option<Usage>,
    /// Chunks that carried text, reasoning or a tool call: a lower bound on generated tokens.
    pub output_chunks: u64,
    /// Choices seen, as far as their numbers tell.
    pub choices: u64,
    /// The latest `finish_reason`.
    pub finish_reason: Option<String>,
    /// `[DONE]` was seen: the engine says that it is complete.
    pub done: bool,
    /// An error the engine sent inside the stream, or a stream that cannot be read on.
    pub error: Option<ErrorEnvelope>,
}

impl StreamState {
    /// Something generated has passed.
    pub fn first_content_seen(&self) -> bool {
        self.output_chunks > 0
    }

    /// What was used so far: the engine's count, else a token for each chunk with content. The same where the count can't be whole: of
    /// several choices, llama.cpp counts the first.
    pub fn counted(&self) -> Count {
        match self.usage {
            Some(usage) if self.choices < 2 || usage.completion_tokens >= self.output_chunks => Count::told(usage),
            Some(usage) => Count {
                usage: Usage {
                    completion_tokens: self.output_chunks,
                    ..usage
                },
                is_estimated: true,
            },
            None => Count::estimated(self.output_chunks),
        }
    }

    /// A choice has ended by itself.
    pub fn finished(&self) -> bool {
        self.finish_reason.is_some()
    }
}

/// How a stream ended at the end of the upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// `[DONE]` was seen and no error: the answer is whole.
    pub complete: bool,
    /// What the client still has to get; empty when nothing.
    pub bytes: Bytes,
}

/// Rewrites one stream. Give chunks to [`push`](Self::push) as they arrive and send what it returns; at the end of
/// the upstream call [`finish`](Self::finish).
#[derive(Debug)]
pub struct StreamRewriter {
    splitter: Splitter,
    include_usage: bool,
    continuous_usage: bool,
    /// The caller's model name as a JSON string.
    echo_model: Vec<u8>,
    running: RunningUsage,
    state: StreamState,
    identity: Option<Identity>,
    totals_sent: bool,
    /// Nothing more goes to the client.
    closed: bool,
}

/// The spelling of `id`, `object` and `created` on the first chunk.
#[derive(Debug)]
struct Identity {
    spellings: [Option<Bytes>; 3],
}

/// A chunk of our own closes at most this many choices.
const MAX_CLOSED_CHOICES: u64 = 128;

impl StreamRewriter {
    /// A rewriter for one stream.
    pub fn new(options: StreamOptions) -> Self {
        let mut echo_model = Vec::with_capacity(options.echo_model.len() + 2);
        splice::push_json_string(&mut echo_model, &options.echo_model);
        Self {
            splitter: Splitter::default(),
            include_usage: options.include_usage,
            continuous_usage: options.include_usage && options.continuous_usage,
            echo_model,
            running: RunningUsage::default(),
            state: StreamState::default(),
            identity: None,
            totals_sent: false,
            closed: false,
        }
    }

    /// What has been seen so far.
    pub fn state(&self) -> &StreamState {
        &self.state
    }

    /// Nothing more will be sent: drop the upstream.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes what arrived and returns what to send now: whole events, one buffer, empty when there is none yet.
    /// A chunk that needs no edit is returned as the very same buffer.
    pub fn push(&mut self, chunk: Bytes) -> Bytes {
        if self.closed {
            return Bytes::new();
        }
        let mut out = Output::default();
        self.splitter.push(chunk);
        while !self.closed {
            match self.splitter.next_event() {
                Ok(Some(event)) => self.event(event, &mut out),
                Ok(None) => break,
                Err(too_large) => {
                    out.pass(self.fail(ErrorEnvelope::upstream(format!(
                        "The model's server failed: {too_large}."
                    ))));
                }
            }
        }
        out.finish()
    }

    /// The upstream has ended. If it did so without `[DONE]`, the client is told in band: a cut stream would
    /// otherwise look like a short answer.
    pub fn finish(&mut self) -> Ending {
        let mut out = Output::default();
        if !self.closed {
            // Only the line end may be missing: half a chunk cannot be passed on.
            let rest = self.splitter.rest();
            if let Data::Line(range) = Data::of(&rest)
                && (is_done(&rest[range.clone()]) || matches!(Chunk::read(&rest[range]), Ok(Some(_))))
            {
                self.event([rest.trim_ascii_end(), b"\n\n"].concat().into(), &mut out);
            }
        }
        if !self.closed {
            out.pass(match self.state.error {
                Some(_) => self.close(),
                None => self.fail(ErrorEnvelope::upstream(
                    "The model's server ended the answer before it was complete.",
                )),
            });
        }
        Ending {
            complete: self.state.done && self.state.error.is_none(),
            bytes: out.finish(),
        }
    }

    /// Ends the stream with an error: the event, `[DONE]`, and nothing after it. Empty if it has ended already.
    pub fn fail(&mut self, error: ErrorEnvelope) -> Bytes {
        if self.closed {
            return Bytes::new();
        }
        self.closed = true;
        let bytes = [&error.to_event()[..], sse::DONE].concat();
        self.state.error = Some(error);
        bytes.into()
    }

    /// Ends the stream as if the token limit had been reached (`finish_reason: "length"`), saying why in
    /// `stop_reason`; with the totals if the client asked for them. Empty if it has ended already.
    pub fn stop(&mut self, stop_reason: &str) -> Bytes {
        if self.closed {
            return Bytes::new();
        }
        let mut out = Vec::with_capacity(512);
        let is_text = self.object_is(b"\"text_completion\"");
        let choices = self.state.choices.clamp(1, MAX_CLOSED_CHOICES);
        self.own_chunk(&mut out, |out| {
            out.extend_from_slice(b"\"choices\":[");
            for index in 0..choices {
                let separator = if index == 0 { "" } else { "," };
                let body = if is_text { "\"text\":\"\"" } else { "\"delta\":{}" };
                let head =
                    format!("{separator}{{\"index\":{index},{body},\"logprobs\":null,\"finish_reason\":\"length\"");
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(b",\"stop_reason\":");
                splice::push_json_string(out, stop_reason);
                out.push(b'}');
            }
            out.push(b']');
        });
        self.state.finish_reason = Some("length".to_owned());
        self.send_missing_totals(&mut out);
        out.extend_from_slice(&self.close());
        out.into()
    }

    fn close(&mut self) -> Bytes {
        self.closed = true;
        Bytes::from_static(sse::DONE)
    }

    /// One event: read it, then pass it, edit it or drop it.
    fn event(&mut self, event: Bytes, out: &mut Output) {
        match Data::of(&event) {
            Data::Line(range) => {
                let data = &event[range.clone()];
                if is_done(data) {
                    self.done(event, out);
                    return;
                }
                match self.read(data) {
                    Verdict::Pass => out.pass(event),
                    Verdict::Drop => {}
                    Verdict::Replace(bytes) => out.pass(bytes),
                    Verdict::Edit(chunk) => {
                        let (patches, count) = self.patches(&chunk);
                        let buffer = out.buffer(event.len() + self.echo_model.len());
                        buffer.extend_from_slice(&event[..range.start]);
                        splice::splice_into(buffer, data, &patches[..count]);
                        buffer.extend_from_slice(&event[range.end..]);
                    }
                }
            }
            Data::Joined(data) => {
                if is_done(&data) {
                    drop(data);
                    self.done(event, out);
                    return;
                }
                match self.read(&data) {
                    Verdict::Pass => {
                        drop(data);
                        out.pass(event);
                    }
                    Verdict::Drop => {}
                    Verdict::Replace(bytes) => out.pass(bytes),
                    Verdict::Edit(chunk) => {
                        let (patches, count) = self.patches(&chunk);
                        let mut edited = Vec::with_capacity(splice::spliced_len(&data, &patches[..count]));
                        splice::splice_into(&mut edited, &data, &patches[..count]);
                        rebuild(&event, &edited, out.buffer(event.len() + self.echo_model.len()));
                    }
                }
            }
            Data::None => match Data::of_field(&event, b"error") {
                // Older llama.cpp: clients ignore this field, so it is said again where they look.
                Data::Line(range) => {
                    let error = error::normalise_in_band(&event[range]);
                    out.pass(error.to_event());
                    self.state.error = Some(error);
                }
                _ => out.pass(event),
            },
        }
    }

    /// Takes note of what a chunk says and decides what becomes of it. Data that is not a JSON object passes.
    fn read(&mut self, data: &[u8]) -> Verdict {
        let Ok(Some(chunk)) = Chunk::read(data) else {
            return Verdict::Pass;
        };
        if chunk.is_error {
            let error = error::normalise_in_band(data);
            let replacement = error.to_event();
            self.state.error = Some(error);
            return Verdict::Replace(replacement);
        }
        self.observe(&chunk, data);
        if chunk.is_usage_only() {
            if !self.include_usage {
                return Verdict::Drop;
            }
            self.totals_sent = true;
        }
        let renamed = chunk
            .model
            .as_ref()
            .is_some_and(|model| data[model.clone()] != self.echo_model);
        if renamed || self.usage_patch(&chunk).is_some() {
            Verdict::Edit(chunk)
        } else {
            Verdict::Pass
        }
    }

    fn observe(&mut self, chunk: &Chunk, data: &[u8]) {
        let Choices {
            state,
            has_content,
            finish_reason,
        } = &chunk.choices;
        self.identity.get_or_insert_with(|| Identity {
            // One small copy per stream, so that the first buffer is not kept alive.
            spellings: chunk
                .identity
                .each_ref()
                .map(|span| span.clone().map(|span| Bytes::copy_from_slice(&data[span]))),
        });
        let choice = match state {
            ChoicesState::One(index) => {
                self.state.choices = self.state.choices.max(index.saturating_add(1));
                Some(*index)
            }
            _ => None,
        };
        self.state.output_chunks += u64::from(*has_content);
        if let Some(span) = finish_reason {
            let text = String::from_utf8_lossy(&data[span.start + 1..span.end - 1]);
            self.state.finish_reason = Some(text.into_owned());
        }
        if let Some(usage) = chunk.usage.as_ref().and_then(|member| member.usage) {
            let output_chunks = self.state.output_chunks;
            self.running.report(usage, choice, output_chunks, *has_content);
            self.state.usage = self.running.latest();
        }
    }

    /// At most two edits, in order of position: the model's name and the usage member.
    fn patches<'a>(&'a self, chunk: &Chunk) -> ([Patch<'a>; 2], usize) {
        let none = || Patch { range: 0..0, with: b"" };
        let model = chunk.model.clone().map(|range| Patch {
            range,
            with: &self.echo_model,
        });
        match (model, self.usage_patch(chunk)) {
            (Some(model), Some(usage)) if model.range.start < usage.range.start => ([model, usage], 2),
            (Some(model), Some(usage)) => ([usage, model], 2),
            (Some(only), None) | (None, Some(only)) => ([only, none()], 1),
            (None, None) => ([none(), none()], 0),
        }
    }

    /// Who did not ask for usage never sees the member; who asked for the totals sees null until they come.
    fn usage_patch(&self, chunk: &Chunk) -> Option<Patch<'static>> {
        let usage = chunk.usage.as_ref()?;
        if !self.include_usage {
            return Some(Patch {
                range: usage.cut.clone(),
                with: b"",
            });
        }
        let keeps = self.continuous_usage || usage.is_null || chunk.is_usage_only();
        (!keeps).then(|| Patch {
            range: usage.value.clone(),
            with: b"null",
        })
    }

    fn done(&mut self, event: Bytes, out: &mut Output) {
        self.state.done = true;
        self.closed = true;
        let mut totals = Vec::new();
        self.send_missing_totals(&mut totals);
        out.pass(totals.into());
        out.pass(event);
    }

    /// The totals in a chunk of our own, for an engine that put them elsewhere or a stream that we end.
    fn send_missing_totals(&mut self, out: &mut Vec<u8>) {
        let wanted = self.include_usage && !self.totals_sent && self.state.error.is_none();
        let Some(usage) = self.state.usage.filter(|_| wanted) else {
            return;
        };
        self.totals_sent = true;
        self.own_chunk(out, |out| {
            out.extend_from_slice(b"\"choices\":[],\"usage\":");
            usage.write_json(out);
        });
    }

    fn object_is(&self, spelling: &[u8]) -> bool {
        let object = self
            .identity
            .as_ref()
            .and_then(|identity| identity.spellings[1].as_ref());
        object.is_some_and(|object| object == spelling)
    }

    /// Appends a chunk of our own that looks like the engine's, ending with `members`.
    fn own_chunk(&self, out: &mut Vec<u8>, members: impl FnOnce(&mut Vec<u8>)) {
        const DEFAULTS: [&[u8]; 3] = [b"\"\"", b"\"chat.completion.chunk\"", b"0"];
        let keys: [&[u8]; 3] = [b"data: {\"id\":", b",\"object\":", b",\"created\":"];
        for (position, key) in keys.into_iter().enumerate() {
            let spelling = self
                .identity
                .as_ref()
                .and_then(|identity| identity.spellings[position].as_deref());
            out.extend_from_slice(key);
            out.extend_from_slice(spelling.unwrap_or(DEFAULTS[position]));
        }
        out.extend_from_slice(b",\"model\":");
        out.extend_from_slice(&self.echo_model);
        out.push(b',');
        members(out);
        out.extend_from_slice(b"}\n\n");
    }
}

/// What becomes of an event.
enum Verdict {
    Pass,
    Drop,
    Edit(Chunk),
    Replace(Bytes),
}

fn is_done(data: &[u8]) -> bool {
    data.trim_ascii_end() == b"[DONE]"
}

/// Writes `event` with `data` instead of its data: the other fields first, all lines ending in `\n`.
fn rebuild(event: &[u8], data: &[u8], out: &mut Vec<u8>) {
    for line in sse::lines_of(event).filter(|line| sse::value_of(event, line, b"data").is_none()) {
        out.extend_from_slice(&event[line]);
        out.push(b'\n');
    }
    for line in data.split(|&byte| byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// Collects what to send. A single untouched event stays the buffer it came in.
#[derive(Default)]
struct Output {
    single: Option<Bytes>,
    joined: Vec<u8>,
}

impl Output {
    fn pass(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if self.single.is_none() && self.joined.is_empty() {
            self.single = Some(bytes);
        } else {
            self.buffer(bytes.len()).extend_from_slice(&bytes);
        }
    }

    /// The buffer to append to, with room for about `additional` bytes.
    fn buffer(&mut self, additional: usize) -> &mut Vec<u8> {
        let single = self.single.take().unwrap_or_default();
        self.joined.reserve(single.len() + additional);
        self.joined.extend_from_slice(&single);
        &mut self.joined
    }

    fn finish(self) -> Bytes {
        self.single.unwrap_or_else(|| self.joined.into())
    }
}
