//! Bodies the mock engine understands. Members it does not act upon are ignored, as engines do; the `mock` member is
//! strict, so that a misspelt fault fails the test that asked for it.

use serde::Deserialize;

use super::text;

/// Largest `n`.
pub const MAX_CHOICES: usize = 128;

#[derive(Debug, Deserialize)]
pub struct ChatRequest {
    pub model: String,
    pub messages: Vec<Message>,
    #[serde(flatten)]
    pub sampling: Sampling,
}

#[derive(Debug, Deserialize)]
pub struct CompletionRequest {
    pub model: String,
    pub prompt: Prompt,
    #[serde(flatten)]
    pub sampling: Sampling,
}

/// What both dialects have in common.
#[derive(Debug, Default, Deserialize)]
pub struct Sampling {
    #[serde(default)]
    pub stream: Option<bool>,
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    #[serde(default)]
    pub n: Option<usize>,
    #[serde(default)]
    pub max_tokens: Option<u64>,
    #[serde(default)]
    pub max_completion_tokens: Option<u64>,
    #[serde(default)]
    pub stop: Option<OneOrMany>,
    #[serde(default)]
    pub mock: Option<Controls>,
}

impl Sampling {
    /// The newer name wins, as in engines that know both.
    pub fn token_limit(&self) -> Option<u64> {
        self.max_completion_tokens.or(self.max_tokens)
    }
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub struct StreamOptions {
    #[serde(default)]
    pub include_usage: Option<bool>,
    #[serde(default)]
    pub continuous_usage_stats: Option<bool>,
}

/// Control words of a test: `"mock": {"tokens": 50, "delay_ms_per_token": 5, "fault": "cut_stream"}`. A fault is refused unless
/// the engine was started with `--request-faults`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Controls {
    /// Exact length of the answer, before limits.
    pub tokens: Option<usize>,
    pub delay_ms_per_token: Option<u64>,
    pub first_token_delay_ms: Option<u64>,
    pub fault: Option<Fault>,
    /// Tokens generated before the fault strikes; 0 for `hang`, 2 for the others. An answer that is shorter strikes at its end.
    pub fault_after_tokens: Option<usize>,
}

/// What can go wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Never goes on; the health check stays good.
    Hang,
    /// The connection breaks before the end of the answer.
    CutStream,
    /// Usage is never told.
    MissingUsage,
    /// The engine process ends.
    Crash,
    /// 500 with an error object, before anything was generated.
    #[serde(rename = "error_500")]
    Error500,
    /// 400 in vLLM's older shape: the error's members at the top level.
    VllmFlatError,
    /// 503, as while the model loads.
    SlowLoad,
    /// An error event in the stream, then its end; 500 when nothing is streamed.
    ErrorMidStream,
}

#[derive(Debug, Deserialize)]
pub struct Message {
    pub role: String,
    #[serde(default)]
    pub content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
pub struct Part {
    #[serde(default)]
    pub text: Option<String>,
}

impl Message {
    /// One for the role, plus the content.
    pub fn tokens(&self) -> u64 {
        1 + match &self.content {
            None => 0,
            Some(Content::Text(text)) => text::count(text),
            Some(Content::Parts(parts)) => parts
                .iter()
                .map(|part| part.text.as_deref().map_or(1, text::count))
                .sum(),
        }
    }

    fn text(&self) -> String {
        match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => parts
                .iter()
                .filter_map(|part| part.text.as_deref())
                .collect::<Vec<_>>()
                .join(" "),
        }
    }
}

/// Text of the last message of a user, empty when there is none.
pub fn last_question(messages: &[Message]) -> String {
    messages
        .iter()
        .rfind(|message| message.role == "user")
        .map(Message::text)
        .unwrap_or_default()
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Also the `input` of an embedding.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Prompt {
    Text(String),
    Texts(Vec<String>),
    TokenIds(Vec<u64>),
    ManyTokenIds(Vec<Vec<u64>>),
}

impl Prompt {
    /// Each prompt as (text, tokens). Token ids are spelt out, so that they too decide the answer.
    pub fn into_items(self) -> Vec<(String, u64)> {
        let of_text = |text: String| {
            let count = text::count(&text);
            (text, count)
        };
        let of_ids = |ids: Vec<u64>| {
            let count = ids.len() as u64;
            (ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" "), count)
        };
        match self {
            Self::Text(text) => vec![of_text(text)],
            Self::Texts(texts) => texts.into_iter().map(of_text).collect(),
            Self::TokenIds(ids) => vec![of_ids(ids)],
            Self::ManyTokenIds(lists) => lists.into_iter().map(of_ids).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_cost_one_token_for_the_role_and_one_per_image() {
        let chat: ChatRequest = serde_json::from_str(
            r#"{"model":"m","temperature":0,"messages":[{"role":"system","content":"Be brief."},
                {"role":"user","content":[{"type":"text","text":"what is this"},{"type":"image_url","image_url":{"url":"x"}}]},
                {"role":"assistant","content":null}]}"#,
        )
        .unwrap();
        assert_eq!(chat.messages.iter().map(Message::tokens).collect::<Vec<_>>(), [3, 5, 1]);
        assert_eq!(last_question(&chat.messages), "what is this");
    }

    #[test]
    fn prompts_may_be_text_or_token_ids_one_or_many() {
        let items = |json: &str| serde_json::from_str::<Prompt>(json).unwrap().into_items();
        assert_eq!(items(r#""a b""#), [("a b".to_owned(), 2)]);
        assert_eq!(items(r#"["a","b c"]"#), [("a".to_owned(), 1), ("b c".to_owned(), 2)]);
        assert_eq!(items("[5,6,7]"), [("5 6 7".to_owned(), 3)]);
        assert_eq!(items("[[5],[6,7]]"), [("5".to_owned(), 1), ("6 7".to_owned(), 2)]);
    }

    #[test]
    fn a_misspelt_control_is_refused() {
        let parse = |mock: &str| {
            serde_json::from_str::<ChatRequest>(&format!(r#"{{"model":"m","messages":[],"mock":{mock}}}"#))
        };
        assert_eq!(
            parse(r#"{"fault":"error_500"}"#).unwrap().sampling.mock.unwrap().fault,
            Some(Fault::Error500)
        );
        assert!(parse(r#"{"fualt":"hang"}"#).is_err());
        assert!(parse(r#"{"fault":"hnag"}"#).is_err());
    }
}
