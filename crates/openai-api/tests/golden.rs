//! Recorded bodies and streams, compared byte for byte.
//!
//! `requests/<case>`: `received.json` with the edits of `edits.json` must become `forwarded.json`.
//! `streams/<case>`: `upstream.sse` must become `plain.sse`, `usage.sse` or `continuous.sse`, depending on what the
//! client asked for, and leave `state.json`. On a mismatch the actual bytes are in cargo's temporary directory.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use openai_api::{Edits, RequestBody, StreamOptions, StreamRewriter};
use serde_json::{Value, json};

const ECHO_MODEL: &str = "acme/assistant";

fn cases(kind: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(kind);
    let mut cases: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 11, "golden files are missing");
    cases
}

/// Compares with the golden file; true if equal, else leaves the actual bytes where a person can look at them.
fn matches(case: &Path, file: &str, actual: &[u8]) -> bool {
    let equal = fs::read(case.join(file)).is_ok_and(|expected| expected == actual);
    if !equal {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("golden")
            .join(case.file_name().unwrap());
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(file), actual).unwrap();
    }
    equal
}

#[test]
fn requests_become_what_the_golden_files_say() {
    let mut wrong = Vec::new();
    for case in cases("requests") {
        let received = Bytes::from(fs::read(case.join("received.json")).unwrap());
        let edits: Value = serde_json::from_slice(&fs::read(case.join("edits.json")).unwrap()).unwrap();
        let body = RequestBody::read(received).unwrap();
        let forwarded = body.forward(&Edits {
            model: edits["model"].as_str(),
            cache_salt: edits["cache_salt"].as_str(),
            stream_usage: edits["stream_usage"] == true,
        });
        serde_json::from_slice::<Value>(&forwarded).unwrap();
        if !matches(&case, "forwarded.json", &forwarded) {
            wrong.push(case);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn run(upstream: &[u8], chunk_size: usize, include_usage: bool, continuous_usage: bool) -> (Vec<u8>, Value) {
    let mut rewriter = StreamRewriter::new(StreamOptions {
        echo_model: ECHO_MODEL.to_owned(),
        include_usage,
        continuous_usage,
    });
    let mut sent = Vec::new();
    for chunk in upstream.chunks(chunk_size) {
        sent.extend_from_slice(&rewriter.push(Bytes::copy_from_slice(chunk)));
    }
    let ending = rewriter.finish();
    sent.extend_from_slice(&ending.bytes);
    assert!(rewriter.is_closed());
    let state = rewriter.state();
    let error = state
        .error
        .as_ref()
        .map(|error| json!([error.status, error.code, error.message]));
    let state = json!({
        "usage": state.usage,
        "output_chunks": state.output_chunks,
        "finish_reason": state.finish_reason,
        "done": state.done,
        "complete": ending.complete,
        "error": error,
    });
    (sent, state)
}

#[test]
fn streams_become_what_the_golden_files_say_however_they_are_cut() {
    let mut wrong = Vec::new();
    for case in cases("streams") {
        let upstream = fs::read(case.join("upstream.sse")).unwrap();
        for (file, include_usage, continuous_usage) in [
            ("plain.sse", false, false),
            ("usage.sse", true, false),
            ("continuous.sse", true, true),
        ] {
            let (sent, state) = run(&upstream, upstream.len(), include_usage, continuous_usage);
            for chunk_size in [1, 2, 3, 7, 64, 333] {
                assert_eq!(
                    run(&upstream, chunk_size, include_usage, continuous_usage),
                    (sent.clone(), state.clone())
                );
            }
            let mut state = serde_json::to_vec_pretty(&state).unwrap();
            state.push(b'\n');
            if !(matches(&case, file, &sent) & matches(&case, "state.json", &state)) {
                wrong.push(case.join(file));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_data_line_a_client_gets_is_json_or_done_and_done_is_last() {
    for case in cases("streams") {
        if case.ends_with("no_edit_needed_and_unreadable_lines") {
            continue;
        }
        for file in ["plain.sse", "usage.sse", "continuous.sse"] {
            let text = fs::read_to_string(case.join(file)).unwrap();
            for event in text.replace("\r\n", "\n").split_terminator("\n\n") {
                let data: Vec<_> = event.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
                let data = data.join("\n");
                if !data.is_empty() && data != "[DONE]" {
                    let chunk: Value = serde_json::from_str(&data).unwrap();
                    assert!(
                        chunk.get("error").is_some() || chunk["model"] == ECHO_MODEL,
                        "{case:?} {file}: {data}"
                    );
                }
            }
            assert!(text.trim_end().ends_with("data: [DONE]"), "{case:?} {file}");
        }
    }
}
