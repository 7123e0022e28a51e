//! What the mock engine says, and how it counts.
//!
//! **Tokens.** A token is a run of whitespace (possibly empty) followed by a run of anything else; whitespace at the end is
//! one token of its own. `"one  two three\n"` has four. So for text without trailing whitespace the count is the number of
//! whitespace-separated words.
//!
//! **Prompt tokens.** A message costs one token for its role plus the tokens of its text; a part that is not text (an
//! image) costs one. A prompt of `/v1/completions` costs its tokens, or its length when it is a list of token ids.
//!
//! **Answer.** For the text of the last user message, or for the prompt:
//! `You said: <its first 24 words>. This answer comes from a mock engine: it is always the same, and every token of it is
//! counted.` Nothing else in the request changes it. When an exact number of tokens is asked for (`mock.tokens`), it is cut
//! there, or goes on with `more` until it is that long. `max_tokens` cuts with finish reason `length`, a stop sequence with
//! `stop`; tokens up to and including the one that completes the stop sequence count as generated.

/// Words of the question that the answer repeats.
const ECHOED_WORDS: usize = 24;
const CLOSING: &str = "This answer comes from a mock engine: it is always the same, and every token of it is counted.";
const FILLER: &str = " more";

/// Splits a text into tokens; concatenated they are the text.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let word = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        let end = rest[word..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |length| word + length);
        let (token, remainder) = rest.split_at(end);
        rest = remainder;
        Some(token)
    })
}

/// Number of tokens of a text.
pub fn count(text: &str) -> u64 {
    tokens(text).count() as u64
}

/// The whole answer to a question, before any limit.
pub fn answer_to(question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().take(ECHOED_WORDS).collect();
    if words.is_empty() {
        return format!("You said nothing. {CLOSING}");
    }
    format!("You said: {}. {CLOSING}", words.join(" "))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    Stop,
    Length,
}

impl FinishReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
        }
    }
}

/// One choice of an answer, decided before its first token is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What each generated token adds to the text; a stop sequence adds nothing.
    pub pieces: Vec<String>,
    pub finish_reason: FinishReason,
}

impl Answer {
    /// `exact`: length asked for by the test. `limit`: tokens that may be generated at most, at least one.
    pub fn plan(question: &str, exact: Option<usize>, stops: &[String], limit: usize) -> Self {
        let text = answer_to(question);
        let mut pieces: Vec<String> = match exact {
            Some(length) => tokens(&text)
                .chain(std::iter::repeat(FILLER))
                .take(length.min(limit + 1))
                .map(str::to_owned)
                .collect(),
            None => tokens(&text).map(str::to_owned).collect(),
        };
        let mut finish_reason = FinishReason::Stop;
        if pieces.len() > limit {
            pieces.truncate(limit);
            finish_reason = FinishReason::Length;
        }
        if cut_at_stop(&mut pieces, stops) {
            finish_reason = FinishReason::Stop;
        }
        Self { pieces, finish_reason }
    }

    pub fn text(&self) -> String {
        self.pieces.concat()
    }
}

/// Ends the answer with the token that completes the earliest stop sequence, and takes the sequence out of the text.
fn cut_at_stop(pieces: &mut Vec<String>, stops: &[String]) -> bool {
    let text = pieces.concat();
    let found = stops
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| Some((text.find(stop)?, stop.len())));
    let Some((start, length)) = found.min_by_key(|(start, length)| (start + length, *start)) else {
        return false;
    };
    let mut offset = 0;
    let mut kept = 0;
    for piece in pieces.iter_mut() {
        let begin = offset;
        offset += piece.len();
        kept += 1;
        if offset > start {
            piece.truncate(start.saturating_sub(begin));
        }
        if offset >= start + length {
            break;
        }
    }
    pieces.truncate(kept);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_concatenate_to_the_text() {
        for text in ["", " ", "a", " a", "a ", "one  two three\n", "né à  Paris\t !"] {
            assert_eq!(tokens(text).collect::<String>(), text);
        }
        assert_eq!(count("one  two three\n"), 4);
        assert_eq!(count("   "), 1);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn the_answer_depends_on_the_question_alone_and_echoes_it() {
        let answer = Answer::plan("Hello   there", None, &[], 1000);
        assert_eq!(answer.text(), format!("You said: Hello there. {CLOSING}"));
        assert_eq!(answer.finish_reason, FinishReason::Stop);
        assert_eq!(answer.pieces.len(), answer.text().split_whitespace().count());
    }

    #[test]
    fn an_exact_length_cuts_or_fills() {
        assert_eq!(Answer::plan("hi", Some(3), &[], 1000).text(), "You said: hi.");
        let long = Answer::plan("hi", Some(50), &[], 1000);
        assert_eq!(long.pieces.len(), 50);
        assert!(long.text().ends_with(" more more"));
        assert_eq!(long.finish_reason, FinishReason::Stop);
    }

    #[test]
    fn a_limit_below_the_answer_ends_it_with_length() {
        let answer = Answer::plan("hi", None, &[], 2);
        assert_eq!(
            (answer.text().as_str(), answer.finish_reason),
            ("You said:", FinishReason::Length)
        );
        assert_eq!(Answer::plan("hi", Some(9), &[], 9).finish_reason, FinishReason::Stop);
    }

    #[test]
    fn a_stop_sequence_over_two_tokens_is_generated_but_not_shown() {
        let answer = Answer::plan("hi", None, &["d: h".to_owned(), "mock".to_owned()], 1000);
        assert_eq!(answer.text(), "You sai");
        assert_eq!(answer.pieces.len(), 3);
        assert_eq!(answer.finish_reason, FinishReason::Stop);
    }
}
