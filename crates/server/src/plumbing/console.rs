//! The console: files built by `web/`, under `/app`. The program embeds them and hands them over: it is compiled after this crate,
//! so the console is built while this crate is (decision 14).

use std::borrow::Cow;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;

use crate::plumbing::edge::versions;

/// A file of the console.
pub struct File {
    pub content: Cow<'static, [u8]>,
    pub sha256: [u8; 32],
    pub media_type: String,
}

/// The file of a path below `/app/`.
pub type Files = fn(&str) -> Option<File>;

/// No console.
pub fn none(_: &str) -> Option<File> {
    None
}

/// Scripts and styles are ours only; components that would inject style elements are not used.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub fn routes(files: Files) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/app/") }))
        .route("/app", get(|| async { Redirect::permanent("/app/") }))
        .route("/app/", get(page))
        .route("/app/{*path}", get(file))
        .layer(CompressionLayer::new())
        .with_state(files)
}

async fn file(State(files): State<Files>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match files(&path) {
        Some(file) => serve(&path, file, &headers),
        // A missing asset is missing; any other address is a view of the console, which routes it itself.
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => page(State(files), headers).await,
    }
}

async fn page(State(files): State<Files>, headers: HeaderMap) -> Response {
    match files("index.html") {
        Some(file) => serve("index.html", file, &headers),
        None => {
            let text = "This program was built without its console. Build web/ first (`cargo xtask run` does), then build again.\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
    }
}

fn serve(path: &str, file: File, request: &HeaderMap) -> Response {
    let etag = format!(
        "\"{}\"",
        file.sha256[..12]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    );
    // Names of assets hold a hash of their content; the page names the assets, so it is asked for again each time.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    if versions::is_known(request, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(kind) = HeaderValue::from_str(&file.media_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    (headers, file.content).into_response()
}
