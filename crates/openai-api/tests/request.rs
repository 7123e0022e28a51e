//! What is read from a request, what is refused, and what never changes on the way to the engine.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use openai_api::{BodyError, Edits, ErrorEnvelope, RequestBody};

fn read(text: &str) -> Result<RequestBody, BodyError> {
    RequestBody::read(Bytes::copy_from_slice(text.as_bytes()))
}

#[test]
fn the_members_we_act_on_are_read_wherever_they_are() {
    let body = read(
        r#"{"messages":[{"model":"inner","stream":false}],"stream":true,"n":2,"max_tokens":7,"max_completion_tokens":1e2,
           "stream_options":{"include_usage":true,"continuous_usage_stats":true},"user":"u\"1","prompt_cache_key":"k","model":"acme\/bot"}"#,
    )
    .unwrap();
    assert_eq!(body.model(), "acme/bot");
    assert!(body.stream() && body.client_wants_usage() && body.client_wants_continuous_usage());
    assert_eq!((body.n(), body.max_output_tokens()), (2, Some(100)));
    assert_eq!((body.user(), body.prompt_cache_key()), (Some("u\"1"), Some("k")));
    assert_eq!(body.prompt_bytes(), body.as_received().len());
}

#[test]
fn what_is_absent_or_null_has_its_default() {
    for text in [
        r#"{"model":"m"}"#,
        r#"{"model":"m","stream":null,"stream_options":null,"n":null,"max_tokens":null,"max_completion_tokens":null,"user":null,"prompt_cache_key":null}"#,
    ] {
        let body = read(text).unwrap();
        assert!(!body.stream() && !body.client_wants_usage() && !body.client_wants_continuous_usage());
        assert_eq!(
            (body.n(), body.max_output_tokens(), body.user(), body.prompt_cache_key()),
            (1, None, None, None)
        );
    }
}

#[test]
fn running_totals_count_only_together_with_the_totals() {
    let body = read(r#"{"model":"m","stream_options":{"continuous_usage_stats":true}}"#).unwrap();
    assert!(!body.client_wants_continuous_usage());
}

#[test]
fn a_negative_bound_is_no_bound() {
    assert_eq!(
        read(r#"{"model":"m","max_tokens":-1}"#).unwrap().max_output_tokens(),
        None
    );
}

#[test]
fn refusals_name_the_member_at_fault() {
    for (text, param) in [
        (r#"{}"#, Some("model")),
        (r#"{"model":null}"#, Some("model")),
        (r#"{"model":""}"#, Some("model")),
        (r#"{"model":7}"#, Some("model")),
        (r#"{"model":"a","mod\u0065l":"b"}"#, Some("model")),
        (r#"{"model":"m","stream":"yes"}"#, Some("stream")),
        (r#"{"model":"m","stream":null,"stream":true}"#, Some("stream")),
        (r#"{"model":"m","stream_options":[]}"#, Some("stream_options")),
        (
            r#"{"model":"m","stream_options":{"include_usage":1}}"#,
            Some("stream_options.include_usage"),
        ),
        (
            r#"{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}"#,
            Some("stream_options.include_usage"),
        ),
        (r#"{"model":"m","max_tokens":"7"}"#, Some("max_tokens")),
        (
            r#"{"model":"m","max_completion_tokens":7.5}"#,
            Some("max_completion_tokens"),
        ),
        (r#"{"model":"m","n":0}"#, Some("n")),
        (r#"{"model":"m","n":-1}"#, Some("n")),
        (r#"{"model":"m","cache_salt":"a","cache_salt":"b"}"#, Some("cache_salt")),
        (r#"{"model":"m","priority":1,"priority":1}"#, Some("priority")),
        (r#"{"model":"m","user":"a","user":"b"}"#, Some("user")),
        (r#"["model"]"#, None),
        (r#""model""#, None),
        (r#"{"model":"m"} {}"#, None),
        (r#"{"model":"m",}"#, None),
        (r#""#, None),
    ] {
        let envelope = ErrorEnvelope::from(read(text).expect_err(text));
        assert_eq!(
            (envelope.status, envelope.kind.as_ref()),
            (400, "invalid_request_error"),
            "{text}"
        );
        assert_eq!(envelope.param.as_deref(), param, "{text}");
    }
}

#[test]
fn a_syntax_error_says_where() {
    let message = read("{\"model\":\"m\",\"x\":[1,,2]}").unwrap_err().to_string();
    assert_eq!(
        message,
        "The request body is not valid JSON: unexpected character at byte 20."
    );
    let bytes = Bytes::from_static(b"{\"model\":\"\xff\"}");
    assert!(
        RequestBody::read(bytes)
            .unwrap_err()
            .to_string()
            .contains("invalid UTF-8 at byte 10")
    );
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{{\"model\":\"m\",\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(126)).is_ok());
    assert!(
        read(&nested(127))
            .unwrap_err()
            .to_string()
            .contains("nested too deeply")
    );
    assert!(read(&nested(1_000_000)).is_err());
}

#[test]
fn nothing_to_change_is_the_same_buffer() {
    let body =
        read(r#"{"model":"m","stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}"#)
            .unwrap();
    let forwarded = body.forward(&Edits {
        model: Some("m"),
        cache_salt: None,
        stream_usage: true,
    });
    assert_eq!(forwarded.as_ptr(), body.as_received().as_ptr());
}

#[test]
fn usage_is_not_asked_for_when_the_answer_is_not_streamed() {
    let body = read(r#"{"model":"m","stream":false}"#).unwrap();
    assert_eq!(
        body.forward(&Edits {
            stream_usage: true,
            ..Edits::default()
        }),
        r#"{"model":"m","stream":false}"#
    );
}
