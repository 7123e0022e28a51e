//! What must hold for any input at all.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use openai_api::scan;
use openai_api::{Edits, RequestBody, ResponseBody, StreamOptions, StreamRewriter};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// JSON with the strings, numbers and nesting that scanners trip over.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| if number.is_finite() {
            Value::from(number)
        } else {
            Value::Null
        }),
        "[ -~é😀\\\\\"\n\u{1}/{}\\[\\],:]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(any_key(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z\"\\\\é,}]{0,6}",
        prop::sample::select(vec!["model", "usage", "cache_salt", "stream", "choices"]).prop_map(str::to_owned),
    ]
}

/// White space between tokens, so that edits are tried against every layout.
fn spaced(value: &Value, seed: &mut u64, out: &mut String) {
    let mut space = |out: &mut String| {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        out.push_str(["", "", " ", "\n\t", "\r\n"][(*seed >> 33) as usize % 5]);
    };
    space(out);
    match value {
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                spaced(element, seed, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                spaced(&Value::from(key.as_str()), seed, out);
                out.push(':');
                spaced(member, seed, out);
            }
            out.push('}');
        }
        leaf => out.push_str(&leaf.to_string()),
    }
    out.push_str(if *seed & 1 == 1 { " " } else { "" });
}

/// A readable request: any members, with those we act on in any order among them.
fn any_request() -> impl Strategy<Value = (Value, String)> {
    let flag = || prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)];
    let options = prop_oneof![
        Just(Value::Null),
        (
            btree_map("[a-z]{1,4}", any_json(), 0..3),
            prop::option::of(flag()),
            prop::option::of(flag())
        )
            .prop_map(|(others, include_usage, continuous)| {
                let mut options: Map<String, Value> = others.into_iter().collect();
                options.extend(include_usage.map(|flag| ("include_usage".to_owned(), flag)));
                options.extend(continuous.map(|flag| ("continuous_usage_stats".to_owned(), flag)));
                Value::Object(options)
            }),
    ];
    (
        btree_map("[A-Z\"\\\\é]{0,5}", any_json(), 0..5),
        "[a-z/\"\\\\é]{1,12}",
        prop::option::of(flag()),
        prop::option::of(options),
        prop::option::of(any_json()),
        prop::option::of(any_json()),
        any::<u64>(),
    )
        .prop_flat_map(|(others, model, stream, options, cache_salt, priority, seed)| {
            let mut members: Vec<(String, Value)> = others.into_iter().collect();
            members.push(("model".to_owned(), model.into()));
            members.extend(stream.map(|value| ("stream".to_owned(), value)));
            members.extend(options.map(|value| ("stream_options".to_owned(), value)));
            members.extend(cache_salt.map(|value| ("cache_salt".to_owned(), value)));
            members.extend(priority.map(|value| ("priority".to_owned(), value)));
            Just(members).prop_shuffle().prop_map(move |members| {
                let mut seed = seed;
                let mut text = String::from(" {");
                for (index, (key, value)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    spaced(&Value::from(key.as_str()), &mut seed, &mut text);
                    text.push(':');
                    spaced(value, &mut seed, &mut text);
                }
                text.push_str("}\n");
                // Parsed, so that both sides of a comparison have been through the same reading of floats.
                (serde_json::from_str(&text).unwrap(), text)
            })
        })
}

/// What `forward` must amount to, done the slow way on a tree.
fn edited(mut value: Value, edits: &Edits<'_>) -> Value {
    let members = value.as_object_mut().unwrap();
    members.remove("cache_salt");
    members.remove("priority");
    members.extend(edits.model.map(|model| ("model".to_owned(), model.into())));
    members.extend(edits.cache_salt.map(|salt| ("cache_salt".to_owned(), salt.into())));
    if edits.stream_usage && members.get("stream") == Some(&Value::Bool(true)) {
        let options = members.entry("stream_options").or_insert(Value::Null);
        if options.is_null() {
            *options = json!({});
        }
        options["include_usage"] = true.into();
        options["continuous_usage_stats"] = true.into();
    }
    value
}

/// The one stated difference to `serde_json`: numbers too large for a float.
fn agrees_with_serde(source: &[u8]) -> Result<(), TestCaseError> {
    match (scan::validate(source), serde_json::from_slice::<Value>(source)) {
        (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("number out of range"), "{error}: {source:?}"),
        (Err(error), Ok(_)) => prop_assert!(false, "{error}: {:?}", String::from_utf8_lossy(source)),
        _ => {}
    }
    Ok(())
}

fn rewrite(stream: &[u8], cuts: &[usize], include_usage: bool, continuous_usage: bool) -> (Vec<u8>, String) {
    let options = StreamOptions {
        echo_model: "acme/\"bot\"".to_owned(),
        include_usage,
        continuous_usage,
    };
    let mut rewriter = StreamRewriter::new(options);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    cuts.push(stream.len());
    cuts.sort_unstable();
    let (mut sent, mut start) = (Vec::new(), 0);
    for cut in cuts {
        sent.extend_from_slice(&rewriter.push(Bytes::copy_from_slice(&stream[start..cut])));
        start = cut;
    }
    let ending = rewriter.finish();
    sent.extend_from_slice(&ending.bytes);
    (sent, format!("{:?} {}", rewriter.state(), ending.complete))
}

fn any_chunk() -> impl Strategy<Value = (Map<String, Value>, u64)> {
    let choice = (0u64..3, "[a-zé\"\\\\\n]{0,6}", any::<bool>()).prop_map(|(index, text, stops)| {
        json!({"index": index, "delta": {"content": text}, "finish_reason": stops.then_some("stop")})
    });
    (
        btree_map("[a-z]{2}", any_json(), 0..3),
        prop::option::of(prop::sample::select(vec!["m", "acme/\"bot\""])),
        prop::option::of(vec(choice, 0..3)),
        prop::option::of(prop::option::of((0u64..99, 0u64..99))),
        any::<u64>(),
    )
        .prop_map(|(others, model, choices, usage, seed)| {
            let mut chunk: Map<String, Value> = others.into_iter().collect();
            chunk.extend(model.map(|model| ("model".to_owned(), model.into())));
            chunk.extend(choices.map(|choices| ("choices".to_owned(), choices.into())));
            chunk.extend(usage.map(|usage| {
                let usage =
                    usage.map(|(prompt, completion)| json!({"prompt_tokens": prompt, "completion_tokens": completion}));
                ("usage".to_owned(), usage.into())
            }));
            (chunk, seed)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_bytes_are_judged_as_serde_json_judges_them(source in vec(any::<u8>(), 0..64)) {
        agrees_with_serde(&source)?;
    }

    #[test]
    fn bytes_that_look_like_json_are_judged_as_serde_json_judges_them(
        source in r#"([{}\[\],: ]|"[a\\]{0,3}"|"\\u[dD][89acAC][0-9]{2}(\\u[dD][cC]00)?"|-?[0-9]{1,3}(\.[0-9]{0,2})?([eE][+-]?[0-9]{0,3})?|true|false|null|tru|\PC){0,12}"#
    ) {
        agrees_with_serde(source.as_bytes())?;
    }

    #[test]
    fn json_with_one_damaged_byte_is_judged_as_serde_json_judges_it(
        value in any_json(), seed: u64, at: prop::sample::Index, byte: u8, cut: bool,
    ) {
        let mut text = String::new();
        spaced(&value, &mut seed.clone(), &mut text);
        let mut source = text.into_bytes();
        prop_assert!(scan::validate(&source).is_ok());
        let at = at.index(source.len());
        if cut { source.truncate(at) } else { source[at] = byte }
        agrees_with_serde(&source)?;
    }

    #[test]
    fn reading_never_panics(source in vec(any::<u8>(), 0..64)) {
        let _ = RequestBody::read(Bytes::from(source.clone()));
        let _ = ResponseBody::read(Bytes::from(source.clone()));
        let _ = openai_api::error::normalise_upstream(500, &source);
        let _ = rewrite(&source, &[], true, false);
    }

    #[test]
    fn without_edits_a_request_is_byte_identical((value, text) in any_request()) {
        let body = RequestBody::read(Bytes::from(text.clone())).unwrap();
        prop_assert_eq!(Some(body.model()), value["model"].as_str());
        if value.get("cache_salt").is_none() && value.get("priority").is_none() {
            prop_assert_eq!(body.forward(&Edits::default()), text);
        }
    }

    #[test]
    fn an_edited_request_differs_only_in_the_edited_members(
        (value, text) in any_request(),
        model in prop::option::of("[a-z\"\\\\\n😀]{0,8}"),
        cache_salt in prop::option::of("[a-z\"\\\\]{0,8}"),
        stream_usage: bool,
    ) {
        let edits = Edits { model: model.as_deref(), cache_salt: cache_salt.as_deref(), stream_usage };
        let forwarded = RequestBody::read(Bytes::from(text)).unwrap().forward(&edits);
        let parsed: Value = serde_json::from_slice(&forwarded).unwrap();
        prop_assert_eq!(parsed, edited(value, &edits));
    }

    #[test]
    fn an_answer_differs_only_in_its_model((value, text) in any_request()) {
        let echoed = ResponseBody::read(Bytes::from(text)).unwrap().echo_model("n\"");
        let mut expected = value;
        expected["model"] = "n\"".into();
        prop_assert_eq!(serde_json::from_slice::<Value>(&echoed).unwrap(), expected);
    }

    #[test]
    fn a_stream_does_not_depend_on_how_it_is_cut(
        chunks in vec((any_chunk(), prop::sample::select(vec!["\n\n", "\r\n\r\n", "\n: c\n\n"])), 0..6),
        cuts in vec(any::<usize>(), 0..6),
        done: bool, include_usage: bool, continuous_usage: bool,
    ) {
        let mut stream = String::new();
        for ((chunk, _), end) in &chunks {
            stream += &format!("data: {}{end}", Value::Object(chunk.clone()));
        }
        stream += if done { "data: [DONE]\n\n" } else { "data: {\"cut" };
        let whole = rewrite(stream.as_bytes(), &[], include_usage, continuous_usage);
        prop_assert_eq!(rewrite(stream.as_bytes(), &cuts, include_usage, continuous_usage), whole);
    }

    #[test]
    fn a_chunk_differs_only_in_model_and_usage(
        (chunk, seed) in any_chunk(), include_usage: bool, continuous_usage: bool,
    ) {
        let mut json = String::new();
        spaced(&Value::Object(chunk.clone()), &mut seed.clone(), &mut json);
        let json = json.replace(['\n', '\r'], " ");
        let options = StreamOptions { echo_model: "acme/\"bot\"".to_owned(), include_usage, continuous_usage };
        let sent = StreamRewriter::new(options).push(Bytes::from(format!("data: {json}\n\n")));
        let chunk: Map<String, Value> = serde_json::from_str(&json).unwrap();
        let has_usage = chunk.get("usage").is_some_and(|usage| !usage.is_null());
        let usage_only = has_usage && chunk.get("choices") == Some(&json!([]));
        let mut expected = chunk;
        if expected.contains_key("model") {
            expected.insert("model".to_owned(), "acme/\"bot\"".into());
        }
        if !include_usage {
            expected.remove("usage");
        } else if has_usage && !usage_only && !continuous_usage {
            expected.insert("usage".to_owned(), Value::Null);
        }
        if usage_only && !include_usage {
            prop_assert!(sent.is_empty());
        } else {
            let data = sent.strip_prefix(b"data: ").unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(data).unwrap(), Value::Object(expected));
        }
    }
}
