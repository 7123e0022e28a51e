//! `/v1/chat/completions` and `/v1/completions`: check the request, plan the answer, then send it at once or token by token.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::answers::{Dialect, Envelope, error, error_object, event, flat_error, usage};
use super::generation::{Generation, QueueFull, Step};
use super::request::{
    ChatRequest, CompletionRequest, Controls, Fault, MAX_CHOICES, Message, Sampling, StreamOptions, last_question,
};
use super::text::Answer;
use super::{MockEngine, still_loading};

pub(super) async fn chat(
    State(engine): State<Arc<MockEngine>>,
    body: Result<Json<ChatRequest>, JsonRejection>,
) -> Response {
    let Json(request) = match body {
        Ok(body) => body,
        Err(rejection) => return bad_request(&rejection.body_text()),
    };
    let prompt = (
        last_question(&request.messages),
        request.messages.iter().map(Message::tokens).sum(),
    );
    answer(engine, Dialect::Chat, request.model, vec![prompt], request.sampling).await
}

pub(super) async fn text(
    State(engine): State<Arc<MockEngine>>,
    body: Result<Json<CompletionRequest>, JsonRejection>,
) -> Response {
    let Json(request) = match body {
        Ok(body) => body,
        Err(rejection) => return bad_request(&rejection.body_text()),
    };
    answer(
        engine,
        Dialect::Text,
        request.model,
        request.prompt.into_items(),
        request.sampling,
    )
    .await
}

pub(super) fn bad_request(message: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "BadRequestError", message)
}

pub(super) fn unknown_model(model: &str) -> Response {
    error(
        StatusCode::NOT_FOUND,
        "NotFoundError",
        &format!("The model `{model}` does not exist."),
    )
}

/// Prompts are (text that decides the answer, tokens).
async fn answer(
    engine: Arc<MockEngine>,
    dialect: Dialect,
    model: String,
    prompts: Vec<(String, u64)>,
    sampling: Sampling,
) -> Response {
    if model != engine.options.model {
        return unknown_model(&model);
    }
    let controls = sampling.mock.clone().unwrap_or_default();
    if controls.fault.is_some() && !engine.options.request_faults {
        return bad_request("mock.fault: faults by request are switched off on this engine (--request-faults)");
    }
    if let Some(response) = refused_by_fault(controls.fault) {
        return response;
    }
    let is_streamed = sampling.stream.unwrap_or(false);
    let stream_options = sampling.stream_options.unwrap_or_default();
    let prompt_tokens = prompts.iter().map(|(_, tokens)| tokens).sum();
    let answers = match plan(&prompts, sampling, &controls, u64::from(engine.options.context_length)) {
        Ok(answers) => answers,
        Err(message) => return bad_request(&message),
    };
    let envelope = Envelope::new(dialect, model);
    let choices = answers.len();
    let generation = match Generation::start(engine, prompt_tokens, answers.clone(), &controls).await {
        Ok(generation) => generation,
        Err(QueueFull) => {
            return error(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailableError",
                "too many requests are waiting",
            );
        }
    };
    let knows_usage = controls.fault != Some(Fault::MissingUsage);
    if is_streamed {
        streamed(
            envelope,
            generation,
            choices,
            UsagePolicy::new(stream_options, knows_usage),
        )
    } else {
        complete(&envelope, generation, &answers, knows_usage).await
    }
}

/// Faults that strike before anything is generated.
fn refused_by_fault(fault: Option<Fault>) -> Option<Response> {
    match fault? {
        Fault::Error500 => Some(error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "internal error, as asked",
        )),
        Fault::VllmFlatError => Some(flat_error("bad request, as asked")),
        Fault::SlowLoad => Some(still_loading()),
        Fault::Hang | Fault::CutStream | Fault::MissingUsage | Fault::Crash | Fault::ErrorMidStream => None,
    }
}

/// One answer per prompt and choice. The error is a sentence for the client.
fn plan(
    prompts: &[(String, u64)],
    sampling: Sampling,
    controls: &Controls,
    context_length: u64,
) -> Result<Vec<Arc<Answer>>, String> {
    let n = sampling.n.unwrap_or(1);
    if n == 0 || prompts.is_empty() || n * prompts.len() > MAX_CHOICES {
        return Err(format!("between 1 and {MAX_CHOICES} choices can be asked for"));
    }
    let asked = sampling.token_limit();
    if asked == Some(0) {
        return Err("max_tokens must be at least 1".to_owned());
    }
    let stops = sampling.stop.map(|stop| stop.into_vec()).unwrap_or_default();
    let mut answers = Vec::with_capacity(n * prompts.len());
    for (question, prompt_tokens) in prompts {
        let room = context_length.saturating_sub(*prompt_tokens);
        if room == 0 || asked.is_some_and(|asked| asked > room) {
            return Err(format!(
                "This model's maximum context length is {context_length} tokens; the prompt has {prompt_tokens} and \
                 {} were asked for.",
                asked.unwrap_or(1)
            ));
        }
        let limit = usize::try_from(asked.unwrap_or(room)).unwrap_or(usize::MAX);
        let planned = Arc::new(Answer::plan(question, controls.tokens, &stops, limit));
        answers.extend(std::iter::repeat_n(planned, n));
    }
    Ok(answers)
}

async fn complete(
    envelope: &Envelope,
    mut generation: Generation,
    answers: &[Arc<Answer>],
    knows_usage: bool,
) -> Response {
    loop {
        match generation.next().await {
            Step::Tokens(_) => {}
            Step::End => break,
            Step::Broken(Fault::CutStream) => return cut_connection(),
            Step::Broken(_) => {
                return error(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalServerError",
                    "failed on the way, as asked",
                );
            }
        }
    }
    let told = knows_usage.then(|| usage(generation.prompt_tokens(), generation.completion_tokens()));
    Json(envelope.complete(answers, told)).into_response()
}

/// Headers and a first byte, then the connection breaks.
fn cut_connection() -> Response {
    let begin = stream::iter([Ok(Bytes::from_static(b"{"))]);
    let cut = stream::once(async {
        // Lets the server write the beginning.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("cut, as asked"))
    });
    let body = begin.chain(cut);
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response()
}

/// When a stream tells usage.
#[derive(Clone, Copy)]
struct UsagePolicy {
    at_the_end: bool,
    on_every_chunk: bool,
}

impl UsagePolicy {
    /// As in vLLM, continuous usage needs `include_usage` too.
    fn new(options: StreamOptions, knows_usage: bool) -> Self {
        let at_the_end = knows_usage && options.include_usage.unwrap_or(false);
        Self {
            at_the_end,
            on_every_chunk: at_the_end && options.continuous_usage_stats.unwrap_or(false),
        }
    }
}

struct Streaming {
    envelope: Envelope,
    generation: Generation,
    choices: usize,
    policy: UsagePolicy,
    opened: bool,
}

impl Streaming {
    fn usage(&self) -> Value {
        usage(self.generation.prompt_tokens(), self.generation.completion_tokens())
    }

    fn running_usage(&self) -> Option<Value> {
        self.policy.on_every_chunk.then(|| self.usage())
    }

    /// The events of the next step, and whether they are the last.
    async fn next(&mut self) -> Result<(String, bool), std::io::Error> {
        match self.generation.next().await {
            Step::Tokens(tokens) => {
                let mut events = self.opening();
                for token in &tokens {
                    events.push_str(&event(&self.envelope.chunk(token, self.running_usage())));
                }
                Ok((events, false))
            }
            Step::End => {
                let mut events = self.opening();
                if self.policy.at_the_end {
                    events.push_str(&event(&self.envelope.usage_chunk(self.usage())));
                }
                events.push_str("data: [DONE]\n\n");
                Ok((events, true))
            }
            Step::Broken(Fault::CutStream) => Err(std::io::Error::other("cut, as asked")),
            Step::Broken(_) => {
                let failure = error_object(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalServerError",
                    "failed in the middle of the stream, as asked",
                );
                Ok((event(&failure) + "data: [DONE]\n\n", true))
            }
        }
    }

    /// Once, with the first token: the chunks that name the role.
    fn opening(&mut self) -> String {
        if std::mem::replace(&mut self.opened, true) {
            return String::new();
        }
        // The engine counted the first tokens already, the opening comes before them.
        let usage_so_far = self
            .policy
            .on_every_chunk
            .then(|| usage(self.generation.prompt_tokens(), 0));
        let chunks = (0..self.choices).filter_map(|choice| self.envelope.opening(choice, usage_so_far.clone()));
        chunks.map(|chunk| event(&chunk)).collect()
    }
}

fn streamed(envelope: Envelope, generation: Generation, choices: usize, policy: UsagePolicy) -> Response {
    let streaming = Streaming {
        envelope,
        generation,
        choices,
        policy,
        opened: false,
    };
    let events = stream::unfold(Some(streaming), |state| async {
        let mut streaming = state?;
        match streaming.next().await {
            Ok((events, is_last)) => Some((Ok(Bytes::from(events)), (!is_last).then_some(streaming))),
            Err(broken) => Some((Err(broken), None)),
        }
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")],
        Body::from_stream(events.boxed()),
    )
        .into_response()
}
