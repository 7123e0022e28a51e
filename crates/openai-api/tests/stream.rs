//! A stream on its way to the client: what ends it, and that it stays the engine's where nothing must change.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use openai_api::{ErrorEnvelope, StreamOptions, StreamRewriter, Usage};
use serde_json::Value;

const CHUNK: &str = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":17,\"model\":\"m\",\"choices\":[{\"index\":1,\
                     \"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";

fn rewriter(include_usage: bool) -> StreamRewriter {
    StreamRewriter::new(StreamOptions {
        echo_model: "acme/bot".to_owned(),
        include_usage,
        continuous_usage: false,
    })
}

fn data(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).unwrap();
    text.split_terminator("\n\n")
        .map(|event| event.strip_prefix("data: ").unwrap().to_owned())
        .collect()
}

#[test]
fn a_chunk_that_needs_no_edit_is_the_same_buffer() {
    let mut rewriter = rewriter(true);
    let chunk =
        Bytes::from("data: {\"model\":\"acme/bot\",\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n");
    assert_eq!(rewriter.push(chunk.clone()).as_ptr(), chunk.as_ptr());
    assert_eq!(rewriter.state().output_chunks, 1);
    assert!(rewriter.state().first_content_seen() && !rewriter.state().finished());
}

#[test]
fn a_whole_stream_is_complete_and_nothing_follows_done() {
    let mut rewriter = rewriter(false);
    assert_eq!(
        rewriter.push(Bytes::from_static(b"data: [DONE]\n\ndata: {\"more\":1}\n\n")),
        "data: [DONE]\n\n"
    );
    assert!(rewriter.is_closed() && rewriter.state().done);
    assert!(rewriter.push(Bytes::from(CHUNK)).is_empty());
    let ending = rewriter.finish();
    assert!(ending.complete && ending.bytes.is_empty());
}

#[test]
fn done_without_its_empty_line_is_still_done() {
    for last in ["data: [DONE]", "data: [DONE]\n", "data:[DONE]\r\n"] {
        let mut rewriter = rewriter(false);
        assert!(rewriter.push(Bytes::copy_from_slice(last.as_bytes())).is_empty());
        let ending = rewriter.finish();
        assert!(ending.complete, "{last:?}");
        assert_eq!(ending.bytes, [last.trim_end().as_bytes(), b"\n\n"].concat());
    }
}

#[test]
fn a_cut_stream_says_so_once() {
    let mut rewriter = rewriter(true);
    rewriter.push(Bytes::from(CHUNK));
    let ending = rewriter.finish();
    assert!(!ending.complete);
    let events = data(&ending.bytes);
    let error: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(error["error"]["code"], "upstream_error");
    assert_eq!(events[1..], ["[DONE]"]);
    assert!(rewriter.finish().bytes.is_empty());
    assert!(rewriter.fail(ErrorEnvelope::internal()).is_empty() && rewriter.stop("again").is_empty());
}

#[test]
fn an_upstream_that_dies_after_its_error_event_only_lacks_done() {
    let mut rewriter = rewriter(false);
    let sent = rewriter.push(Bytes::from_static(
        b"data: {\"object\":\"error\",\"message\":\"bad\",\"code\":400}\n\n",
    ));
    assert_eq!(
        data(&sent),
        [r#"{"error":{"message":"bad","type":"invalid_request_error","param":null,"code":null}}"#]
    );
    let ending = rewriter.finish();
    assert!(!ending.complete);
    assert_eq!(ending.bytes, "data: [DONE]\n\n");
}

#[test]
fn a_stop_for_money_looks_like_the_token_limit_and_says_why() {
    let mut rewriter = rewriter(true);
    rewriter.push(Bytes::from(CHUNK));
    let events = data(&rewriter.stop("insufficient_quota"));
    assert_eq!(events.len(), 3);
    let last: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(
        (&last["id"], &last["created"], &last["model"]),
        (&"c1".into(), &17.into(), &"acme/bot".into())
    );
    // Index 1 was seen, so there are two choices to close.
    for index in 0..2 {
        assert_eq!(last["choices"][index]["index"], index);
        assert_eq!(last["choices"][index]["finish_reason"], "length");
        assert_eq!(last["choices"][index]["stop_reason"], "insufficient_quota");
    }
    let totals: Value = serde_json::from_str(&events[1]).unwrap();
    assert_eq!(totals["choices"], serde_json::json!([]));
    assert_eq!(totals["usage"]["total_tokens"], 5);
    assert_eq!(events[2], "[DONE]");
    assert!(rewriter.is_closed() && rewriter.finish().bytes.is_empty());
    assert_eq!(
        rewriter.state().usage,
        Some(Usage {
            prompt_tokens: 3,
            completion_tokens: 2,
            ..Usage::default()
        })
    );
}

#[test]
fn a_stop_before_the_first_chunk_is_still_a_well_formed_stream() {
    let events = data(&rewriter(true).stop("insufficient_quota"));
    assert_eq!(events.len(), 2);
    let only: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(only["choices"][0]["finish_reason"], "length");
}

#[test]
fn an_event_without_end_closes_the_stream_with_an_error() {
    let mut rewriter = rewriter(false);
    let piece = Bytes::from(vec![b'a'; 64 * 1024]);
    let mut sent = Vec::new();
    for _ in 0..32 {
        sent.extend_from_slice(&rewriter.push(piece.clone()));
    }
    assert!(rewriter.is_closed() && rewriter.state().error.is_some());
    let events = data(&sent);
    assert!(events[0].contains("larger than 1048576 bytes"));
    assert_eq!(events[1..], ["[DONE]"]);
}

/// Chunks with content of the choices in turn, each with the report that `tokens` makes of its number.
fn left_early(choices: u64, chunks: u64, tokens: impl Fn(u64) -> Option<u64>) -> StreamRewriter {
    let mut rewriter = rewriter(false);
    for number in 0..chunks {
        let usage = tokens(number).map_or("null".to_owned(), |tokens| {
            format!("{{\"prompt_tokens\":3,\"completion_tokens\":{tokens}}}")
        });
        let index = number % choices;
        let chunk = format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{{\"content\":\"x\"}}}}],\"usage\":{usage}}}\n\n"
        );
        rewriter.push(Bytes::from(chunk));
    }
    rewriter
}

#[test]
fn a_stream_that_is_left_counts_each_token_once_however_the_engine_reports() {
    let counted = |choices, tokens: &dyn Fn(u64) -> Option<u64>| {
        let count = left_early(choices, 20, tokens).state().counted();
        (count.usage.completion_tokens, count.is_estimated)
    };
    for choices in [1, 2, 4, 5] {
        // The total so far; the total after the step that all choices took; each choice's own; none at all.
        assert_eq!(counted(choices, &|number| Some(number + 1)), (20, false));
        assert_eq!(
            counted(choices, &|number| Some((number / choices + 1) * choices)),
            (20, false)
        );
        assert_eq!(counted(choices, &|number| Some(number / choices + 1)), (20, false));
        assert_eq!(counted(choices, &|_| None), (20, true));
    }
}

#[test]
fn a_count_of_the_first_of_several_choices_is_not_taken_for_the_whole() {
    let mut rewriter = left_early(2, 8, |_| None);
    rewriter.push(Bytes::from_static(
        b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
    ));
    let count = rewriter.state().counted();
    assert_eq!((count.usage.prompt_tokens, count.usage.completion_tokens), (7, 8));
    assert!(count.is_estimated);
}
