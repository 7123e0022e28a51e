//! Token counts: read tolerantly, summed never, split into buckets that do not overlap.

use crate::scan::{Kind, Members, Value};

/// Token counts of one answer, as the engine reported them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens generated, reasoning included.
    pub completion_tokens: u64,
    /// Prompt tokens served from the prefix cache; 0 when the engine does not tell.
    pub cached_tokens: u64,
    /// Generated tokens spent on reasoning; 0 when the engine does not tell.
    pub reasoning_tokens: u64,
}

/// [`Usage`] in parts that do not overlap: each token is in exactly one, so each can have its own price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Buckets {
    /// Prompt tokens that had to be computed.
    pub uncached_input: u64,
    /// Prompt tokens served from the cache.
    pub cached_input: u64,
    /// Generated tokens without reasoning.
    pub output: u64,
    /// Generated tokens spent on reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Prompt and completion together.
    pub fn total_tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }

    /// Disjoint buckets whose sum is [`Usage::total_tokens`]. A detail larger than its whole is cut to the whole.
    pub fn buckets(&self) -> Buckets {
        let cached_input = self.cached_tokens.min(self.prompt_tokens);
        let reasoning = self.reasoning_tokens.min(self.completion_tokens);
        Buckets {
            uncached_input: self.prompt_tokens - cached_input,
            cached_input,
            output: self.completion_tokens - reasoning,
            reasoning,
        }
    }

    /// Reads a `usage` value. Missing, null or odd counts are 0; `None` if it names neither prompt nor completion
    /// tokens, so that "no usage" is never mistaken for "nothing used".
    pub(crate) fn read(source: &[u8], usage: &Value) -> Option<Self> {
        let mut read = Self::default();
        let mut named = false;
        for member in Members::of_value(source, usage).map_while(Result::ok) {
            match &*member.name(source) {
                b"prompt_tokens" => {
                    named |= member.value.kind == Kind::Number;
                    read.prompt_tokens = member.value.whole_number(source).unwrap_or(0);
                }
                b"completion_tokens" => {
                    named |= member.value.kind == Kind::Number;
                    read.completion_tokens = member.value.whole_number(source).unwrap_or(0);
                }
                b"prompt_tokens_details" => read.cached_tokens = detail(source, &member.value, b"cached_tokens"),
                b"completion_tokens_details" => {
                    read.reasoning_tokens = detail(source, &member.value, b"reasoning_tokens");
                }
                _ => {}
            }
        }
        named.then_some(read)
    }

    /// Appends the OpenAI spelling of this usage.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        let text = format!(
            "{{\"prompt_tokens\":{},\"completion_tokens\":{},\"total_tokens\":{},\
             \"prompt_tokens_details\":{{\"cached_tokens\":{}}},\
             \"completion_tokens_details\":{{\"reasoning_tokens\":{}}}}}",
            self.prompt_tokens,
            self.completion_tokens,
            self.total_tokens(),
            self.cached_tokens,
            self.reasoning_tokens
        );
        out.extend_from_slice(text.as_bytes());
    }
}

fn detail(source: &[u8], details: &Value, name: &[u8]) -> u64 {
    Members::of_value(source, details)
        .map_while(Result::ok)
        .filter(|member| &*member.name(source) == name)
        .last()
        .and_then(|member| member.value.whole_number(source))
        .unwrap_or(0)
}

/// More choices than this are not told apart; OpenAI allows 128.
const MAX_CHOICES: usize = 256;

/// The running totals of a stream.
///
/// Reports are cumulative, so the latest one counts and none are added up over time. But what a report covers
/// differs: on a chunk of a stream with several choices vLLM reports the completion tokens of *that chunk's choice*,
/// and only the last, choiceless chunk covers all. So the latest report of each choice is kept, their sum is the
/// running total, and a choiceless report replaces everything.
#[derive(Debug, Default)]
pub(crate) struct RunningUsage {
    latest: Option<Usage>,
    per_choice: Vec<Usage>,
    total_seen: bool,
}

impl RunningUsage {
    /// Takes a report from a chunk whose only choice was `choice`; `None` if it had no choice, or several.
    pub fn report(&mut self, usage: Usage, choice: Option<u64>) {
        let index = choice
            .and_then(|index| usize::try_from(index).ok())
            .filter(|index| *index < MAX_CHOICES);
        let Some(index) = index else {
            self.total_seen |= choice.is_none();
            self.latest = Some(usage);
            return;
        };
        if self.total_seen {
            return;
        }
        if self.per_choice.len() <= index {
            self.per_choice.resize(index + 1, Usage::default());
        }
        self.per_choice[index] = usage;
        self.latest = Some(match self.per_choice.as_slice() {
            [only] => *only,
            all => all.iter().fold(Usage::default(), |total, one| Usage {
                prompt_tokens: total.prompt_tokens.max(one.prompt_tokens),
                completion_tokens: total.completion_tokens.saturating_add(one.completion_tokens),
                cached_tokens: total.cached_tokens.max(one.cached_tokens),
                reasoning_tokens: total.reasoning_tokens.saturating_add(one.reasoning_tokens),
            }),
        });
    }

    /// The totals so far, if anything was reported.
    pub fn latest(&self) -> Option<Usage> {
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::validate;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Usage> {
        Usage::read(text.as_bytes(), &validate(text.as_bytes()).unwrap())
    }

    fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage {
            prompt_tokens,
            completion_tokens,
            ..Usage::default()
        }
    }

    #[test]
    fn details_may_be_missing_or_null_or_partial() {
        assert_eq!(read(r#"{"prompt_tokens":3,"completion_tokens":4}"#), Some(usage(3, 4)));
        assert_eq!(
            read(
                r#"{"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":null,"completion_tokens_details":{}}"#
            ),
            Some(usage(3, 4))
        );
        assert_eq!(
            read(
                r#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":8,"audio_tokens":null},
                    "completion_tokens":7.0,"completion_tokens_details":{"reasoning_tokens":6}}"#
            ),
            Some(Usage {
                prompt_tokens: 9,
                completion_tokens: 7,
                cached_tokens: 8,
                reasoning_tokens: 6
            })
        );
    }

    #[test]
    fn an_embedding_usage_has_no_completion() {
        assert_eq!(read(r#"{"prompt_tokens":5,"total_tokens":5}"#), Some(usage(5, 0)));
    }

    #[test]
    fn no_counts_is_no_usage() {
        for text in [
            "null",
            "{}",
            "[]",
            "7",
            r#"{"prompt_tokens":null}"#,
            r#"{"total_tokens":5}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn reports_of_two_choices_add_up_and_the_total_replaces_them() {
        let mut running = RunningUsage::default();
        running.report(usage(10, 1), Some(0));
        running.report(usage(10, 2), Some(0));
        assert_eq!(running.latest(), Some(usage(10, 2)));
        running.report(usage(10, 5), Some(1));
        assert_eq!(running.latest(), Some(usage(10, 7)));
        running.report(usage(10, 8), None);
        assert_eq!(running.latest(), Some(usage(10, 8)));
        running.report(usage(10, 3), Some(0));
        assert_eq!(running.latest(), Some(usage(10, 8)));
    }

    proptest! {
        #[test]
        fn buckets_are_disjoint_and_add_up(prompt in 0..u64::MAX / 2, completion in 0..u64::MAX / 2, cached: u64, reasoning: u64) {
            let usage = Usage {
                prompt_tokens: prompt,
                completion_tokens: completion,
                cached_tokens: cached,
                reasoning_tokens: reasoning,
            };
            let buckets = usage.buckets();
            prop_assert_eq!(buckets.uncached_input + buckets.cached_input, prompt);
            prop_assert_eq!(buckets.output + buckets.reasoning, completion);
            prop_assert!(buckets.cached_input <= cached && buckets.reasoning <= reasoning);
        }
    }
}
