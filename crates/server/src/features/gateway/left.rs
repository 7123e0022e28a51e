//! What was made for a caller who left before the answer: asked of the worker, as engines tell it in whole answers only.

use std::time::Duration;

use axum::http::{Method, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use openai_api::{Count, Usage};
use worker_protocol::{Produced, produced_path};

use super::Gateway;
use super::admission::Admitted;

/// The program's end waits for this, too.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// Bytes of the answer.
const LARGEST: usize = 4096;

/// An estimate; `None` where the worker can't tell, or doesn't answer.
pub async fn produced(gateway: &Gateway, admitted: &Admitted) -> Option<Count> {
    let asked = tokio::time::timeout(TIME_LIMIT, ask(gateway, admitted)).await;
    let Produced {
        prompt_tokens,
        completion_tokens,
    } = asked.ok().flatten()?;
    // No more than the request can have used, whatever ran beside it.
    let most = admitted.model().context_length;
    let most_output = admitted.most_output().unwrap_or(most).min(most);
    Some(Count {
        usage: Usage {
            prompt_tokens: u64::from(prompt_tokens).min(most),
            completion_tokens: u64::from(completion_tokens).min(most_output),
            ..Usage::default()
        },
        is_estimated: true,
    })
}

async fn ask(gateway: &Gateway, admitted: &Admitted) -> Option<Produced> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(admitted.authority().clone())
        .path_and_query(produced_path(admitted.caller().request_id))
        .build()
        .ok()?;
    let request = http::Request::builder()
        .method(Method::GET)
        .uri(uri)
        .header(header::AUTHORIZATION, admitted.authorization())
        .body(Full::new(Bytes::new()))
        .ok()?;
    let response = gateway.0.upstream.send(admitted.named(), request).await.ok()?;
    if response.status() != StatusCode::OK {
        return None;
    }
    let body = Limited::new(response.into_body(), LARGEST).collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}
