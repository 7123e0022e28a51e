//! `/v1/embeddings`: a unit vector that depends on the input alone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::MockEngine;
use super::completions::{bad_request, unknown_model};
use super::metrics::add;
use super::request::Prompt;

/// Inputs of one request.
const MAX_INPUTS: usize = 2048;
const MAX_DIMENSIONS: usize = 4096;

#[derive(Debug, Deserialize)]
pub(super) struct EmbeddingRequest {
    model: String,
    input: Prompt,
    #[serde(default)]
    encoding_format: Option<EncodingFormat>,
    #[serde(default)]
    dimensions: Option<usize>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EncodingFormat {
    Float,
    /// 32-bit floats, little endian, in base64.
    Base64,
}

pub(super) async fn embed(
    State(engine): State<Arc<MockEngine>>,
    body: Result<Json<EmbeddingRequest>, JsonRejection>,
) -> Response {
    let Json(request) = match body {
        Ok(body) => body,
        Err(rejection) => return bad_request(&rejection.body_text()),
    };
    if request.model != engine.options.model {
        return unknown_model(&request.model);
    }
    let dimensions = request
        .dimensions
        .unwrap_or(engine.options.embedding_dimensions as usize);
    let inputs = request.input.into_items();
    if dimensions == 0 || dimensions > MAX_DIMENSIONS || inputs.is_empty() || inputs.len() > MAX_INPUTS {
        return bad_request("the number of inputs or dimensions is out of range");
    }
    let prompt_tokens: u64 = inputs.iter().map(|(_, tokens)| tokens).sum();
    add(&engine.metrics.prompt_tokens, prompt_tokens);
    add(&engine.metrics.iterations, 1);
    let format = request.encoding_format.unwrap_or(EncodingFormat::Float);
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, (text, _))| {
            json!({"object": "embedding", "index": index, "embedding": encode(&vector(text, dimensions), format)})
        })
        .collect();
    let usage = json!({"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens});
    Json(json!({"object": "list", "data": data, "model": request.model, "usage": usage})).into_response()
}

fn encode(vector: &[f32], format: EncodingFormat) -> Value {
    match format {
        EncodingFormat::Float => json!(vector),
        EncodingFormat::Base64 => {
            json!(
                STANDARD.encode(
                    vector
                        .iter()
                        .flat_map(|member| member.to_le_bytes())
                        .collect::<Vec<u8>>()
                )
            )
        }
    }
}

/// FNV-1a of the text seeds a SplitMix64 sequence; its members, between -1 and 1, are scaled to unit length.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let members: Vec<f64> = (0..dimensions)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            (mixed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        })
        .collect();
    let length = members
        .iter()
        .map(|member| member * member)
        .sum::<f64>()
        .sqrt()
        .max(f64::MIN_POSITIVE);
    members.into_iter().map(|member| (member / length) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_unit_length_and_depends_on_the_text_alone() {
        let one = vector("hello", 64);
        assert_eq!(one, vector("hello", 64));
        assert_ne!(one, vector("hallo", 64));
        let length: f32 = one.iter().map(|member| member * member).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
}
