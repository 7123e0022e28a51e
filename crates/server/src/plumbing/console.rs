//! The console and the reference of the API: files built by `web/`, under `/app` and `/docs`. The program embeds them and hands them over: it is compiled after this crate,
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
        .route("/docs", get(|| async { Redirect::permanent("/docs/") }))
        .route(
            "/docs/",
            get(async |files, headers| reference(files, "index.html", headers)),
        )
        .route(
            "/docs/{*path}",
            get(async |files, Path(path): Path<String>, headers| reference(files, &path, headers)),
        )
        .layer(CompressionLayer::new())
        .with_state(files)
}

async fn file(State(files): State<Files>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match files(&path) {
        Some(file) => serve(files, &path, file, &headers),
        // A missing asset is missing; any other address is a view of the console, which routes it itself.
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => page(State(files), headers).await,
    }
}

async fn page(State(files): State<Files>, headers: HeaderMap) -> Response {
    match files("index.html") {
        Some(file) => serve(files, "index.html", file, &headers),
        None => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
    }
}

/// A file of the reference of the API, which is read from `/openapi.json`.
fn reference(State(files): State<Files>, name: &str, headers: HeaderMap) -> Response {
    let path = format!("docs/{name}");
    match files(&path) {
        Some(file) => serve(files, &path, file, &headers),
        None if files("index.html").is_none() => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

const NOT_BUILT: &str =
    "This program was built without its console. Build web/ first (`cargo xtask run` does), then build again.\n";

/// Beside a text the build puts it packed with Brotli, smaller than what would be packed here for each answer.
const PACKED: &str = ".br";

fn serve(files: Files, path: &str, file: File, request: &HeaderMap) -> Response {
    let packed = takes_brotli(request)
        .then(|| files(&format!("{path}{PACKED}")))
        .flatten();
    let is_packed = packed.is_some();
    let media_type = file.media_type.clone();
    let File { content, sha256, .. } = packed.unwrap_or(file);
    let etag = format!(
        "\"{}\"",
        sha256[..12]
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
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    if versions::is_known(request, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(kind) = HeaderValue::from_str(&media_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    (headers, content).into_response()
}

/// Does whoever asks understand Brotli? Named with a weight of nothing it is refused.
fn takes_brotli(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            is_brotli && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(accept: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap())])
    }

    #[test]
    fn brotli_is_for_whoever_takes_it() {
        for accept in ["br", "gzip, deflate, br, zstd", "gzip;q=0.5, BR;q=0.1", "br; q=1"] {
            assert!(takes_brotli(&asking(accept)), "{accept}");
        }
        for accept in ["", "gzip", "brotli", "br;q=0", "gzip, br;q=0.0", "br;q=much"] {
            assert!(!takes_brotli(&asking(accept)), "{accept}");
        }
        assert!(!takes_brotli(&HeaderMap::new()));
    }

    fn three_files(path: &str) -> Option<File> {
        let (content, media_type): (&'static [u8], &str) = match path {
            "assets/a.js" => (b"plain", "text/javascript"),
            "assets/a.js.br" => (b"packed", "application/octet-stream"),
            "index.html" => (b"page", "text/html"),
            "docs/index.html" => (b"reference", "text/html"),
            _ => return None,
        };
        Some(File {
            content: content.into(),
            sha256: [content[1]; 32],
            media_type: media_type.to_owned(),
        })
    }

    #[test]
    fn the_reference_is_there_with_the_console_and_runs_nothing_that_stands_in_it() {
        let files = || State(three_files as Files);
        let answer = |name: &str| reference(files(), name, HeaderMap::new());
        let page = answer("index.html");
        assert_eq!(page.status(), StatusCode::OK);
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
        for name in ["nothing.js", "../index.html", "../assets/a.js"] {
            assert_eq!(answer(name).status(), StatusCode::NOT_FOUND, "{name}");
        }
        let without = reference(State(none as Files), "index.html", HeaderMap::new());
        assert_eq!(without.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_packed_file_is_what_it_holds_and_has_a_tag_of_its_own() {
        let answer = |path: &str, accept: &str| serve(three_files, path, three_files(path).unwrap(), &asking(accept));
        let (packed, plain) = (answer("assets/a.js", "br"), answer("assets/a.js", "gzip"));
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(packed.headers()[header::CONTENT_TYPE], "text/javascript");
        assert_eq!(
            packed.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
        assert_ne!(packed.headers()[header::ETAG], plain.headers()[header::ETAG]);
        assert!(
            answer("index.html", "br")
                .headers()
                .get(header::CONTENT_ENCODING)
                .is_none()
        );
    }
}
