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

    /// Reads a `usage` value. Missing and null counts and odd details are 0; `None` if it names neither prompt nor completion
    /// tokens, or one of them as no answer could have, so that "no usage" is never mistaken for "nothing used".
    pub(crate) fn read(source: &[u8], usage: &Value) -> Option<Self> {
        let mut read = Self::default();
        let mut named = false;
        for member in Members::of_value(source, usage).map_while(Result::ok) {
            let count = match &*member.name(source) {
                b"prompt_tokens" => &mut read.prompt_tokens,
                b"completion_tokens" => &mut read.completion_tokens,
                b"prompt_tokens_details" => {
                    read.cached_tokens = detail(source, &member.value, b"cached_tokens");
                    continue;
                }
                b"completion_tokens_details" => {
                    read.reasoning_tokens = detail(source, &member.value, b"reasoning_tokens");
                    continue;
                }
                _ => continue,
            };
            if member.value.kind != Kind::Null {
                *count = member
                    .value
                    .whole_number(source)
                    .filter(|count| *count <= MOST_TOKENS)?;
                named = true;
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

/// More than any answer has: an engine that says so says nothing.
const MOST_TOKENS: u64 = u32::MAX as u64;

fn detail(source: &[u8], details: &Value, name: &[u8]) -> u64 {
    Members::of_value(source, details)
        .map_while(Result::ok)
        .filter(|member| &*member.name(source) == name)
        .last()
        .and_then(|member| member.value.whole_number(source))
        .unwrap_or(0)
}

/// What one answer used, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub usage: Usage,
    /// The engine did not say: the answer was counted by us. The prompt isn't guessed, so its tokens are 0.
    pub is_estimated: bool,
}

impl Count {
    /// The engine's own count.
    pub fn told(usage: Usage) -> Self {
        Self {
            usage,
            is_estimated: false,
        }
    }

    /// Ours, of what was generated.
    pub fn estimated(completion_tokens: u64) -> Self {
        let usage = Usage {
            completion_tokens,
            ..Usage::default()
        };
        Self {
            usage,
            is_estimated: true,
        }
    }
}

/// More choices than this are not told apart; OpenAI allows 128.
const MAX_CHOICES: usize = 256;

/// The running totals of a stream.
///
/// Reports are cumulative, so the latest one counts and none are added up over time. But engines differ in what a report on a chunk
/// of one choice covers: all choices, or (vLLM) that choice alone. A total never falls and has at least one token for each chunk with
/// content; a report that breaks this is of its choice alone, and so are all others of the stream. Only then the latest reports of
/// the choices are added up. In doubt a report is a total: nobody pays for the same token twice.
#[derive(Debug, Default)]
pub(crate) struct RunningUsage {
    /// Of the choices alone, or of all as of the latest chunk of each.
    per_choice: Vec<Usage>,
    /// The one with the most generated tokens among them.
    most: Usage,
    are_alone: bool,
    /// From a chunk of no choice, or of several: of all.
    total: Option<Usage>,
}

impl RunningUsage {
    /// Takes a report from a chunk whose only choice was `choice`; `None` if it had no choice, or several. `output_chunks` have passed,
    /// this one included; `has_content` says whether this one is among them.
    pub fn report(&mut self, usage: Usage, choice: Option<u64>, output_chunks: u64, has_content: bool) {
        let index = choice
            .and_then(|index| usize::try_from(index).ok())
            .filter(|index| *index < MAX_CHOICES);
        let Some(index) = index else {
            self.total = Some(usage);
            return;
        };
        if self.per_choice.len() <= index {
            self.per_choice.resize(index + 1, Usage::default());
        }
        let tokens = usage.completion_tokens;
        let is_no_total = tokens < self.most.completion_tokens || tokens < output_chunks;
        self.are_alone |= has_content && self.per_choice.len() > 1 && is_no_total;
        if tokens >= self.most.completion_tokens {
            self.most = usage;
        }
        self.per_choice[index] = usage;
    }

    /// The totals so far, if anything was reported.
    pub fn latest(&self) -> Option<Usage> {
        match self.total {
            Some(total) if self.are_alone || self.most.completion_tokens <= total.completion_tokens => Some(total),
            None if self.per_choice.is_empty() => None,
            None if self.are_alone => Some(self.sum()),
            Some(_) | None => Some(self.most),
        }
    }

    fn sum(&self) -> Usage {
        self.per_choice.iter().fold(Usage::default(), |total, one| Usage {
            prompt_tokens: total.prompt_tokens.max(one.prompt_tokens),
            completion_tokens: total.completion_tokens.saturating_add(one.completion_tokens),
            cached_tokens: total.cached_tokens.max(one.cached_tokens),
            reasoning_tokens: total.reasoning_tokens.saturating_add(one.reasoning_tokens),
        })
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
    fn counts_that_no_answer_has_are_no_usage() {
        for odd in ["-5", "1.5", "\"7\"", "true", "[]", "99999999999999", "1e300"] {
            let text = format!(r#"{{"prompt_tokens":3,"completion_tokens":{odd}}}"#);
            assert_eq!(read(&text), None, "{text}");
        }
        assert_eq!(
            read(r#"{"prompt_tokens":3,"completion_tokens":null}"#),
            Some(usage(3, 0))
        );
    }

    /// Chunks with content as (choice, completion tokens that its report says); the running total after each.
    fn running(reports: &[(u64, u64)]) -> (RunningUsage, Vec<u64>) {
        let mut running = RunningUsage::default();
        let mut totals = Vec::new();
        for (chunk, (choice, tokens)) in reports.iter().enumerate() {
            running.report(usage(10, *tokens), Some(*choice), chunk as u64 + 1, true);
            totals.push(running.latest().unwrap().completion_tokens);
        }
        (running, totals)
    }

    #[test]
    fn a_total_over_all_choices_is_counted_once() {
        // One token more on each chunk.
        assert_eq!(running(&[(0, 1), (1, 2), (0, 3), (1, 4)]).1, [1, 2, 3, 4]);
        // Both choices' tokens of a step on both chunks of it.
        assert_eq!(running(&[(0, 2), (1, 2), (0, 4), (1, 4)]).1, [2, 2, 4, 4]);
        // Several tokens a chunk, and a choice that ended early.
        assert_eq!(running(&[(0, 6), (1, 6), (0, 9), (0, 12)]).1, [6, 6, 9, 12]);
    }

    #[test]
    fn reports_of_each_choice_alone_add_up() {
        assert_eq!(running(&[(0, 1), (1, 1), (0, 2), (1, 2), (1, 3)]).1, [1, 2, 3, 4, 5]);
        // One choice after the other.
        assert_eq!(running(&[(0, 1), (0, 2), (0, 3), (1, 1), (1, 2)]).1, [1, 2, 3, 4, 5]);
        // Several tokens a chunk: in doubt a total, until one falls.
        assert_eq!(running(&[(0, 4), (1, 4), (0, 9), (1, 7)]).1, [4, 4, 9, 16]);
    }

    #[test]
    fn the_total_at_the_end_replaces_what_ran() {
        for reports in [[(0, 1), (1, 1)], [(0, 2), (1, 2)]] {
            let (mut running, totals) = running(&reports);
            assert_eq!(totals[1], 2);
            running.report(usage(10, 8), None, 2, false);
            running.report(usage(10, 0), Some(0), 2, false);
            assert_eq!(running.latest(), Some(usage(10, 8)));
        }
    }

    #[test]
    fn a_chunk_that_names_the_role_says_nothing_of_how_is_counted() {
        let mut running = RunningUsage::default();
        running.report(usage(10, 0), Some(0), 0, false);
        running.report(usage(10, 0), Some(1), 0, false);
        running.report(usage(10, 2), Some(0), 1, true);
        running.report(usage(10, 2), Some(1), 2, true);
        assert_eq!(running.latest(), Some(usage(10, 2)));
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
