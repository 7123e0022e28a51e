//! Requests that a browser sends by itself (with the cookie) must come from our own pages when they change something.

use axum::http::{HeaderMap, Method, header};

use crate::codes::ErrorCode;
use crate::error::{Error, Kind, Result};
use crate::plumbing::config::BaseUrl;

/// # Errors
/// 403 `foreign_origin` when the browser says that another site caused a changing request.
pub fn check(method: &Method, headers: &HeaderMap, own_origin: &str) -> Result<()> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign_site = text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    let foreign_origin = text(header::ORIGIN.as_str()).is_some_and(|origin| !same_origin(origin, headers, own_origin));
    if foreign_site || foreign_origin {
        return Err(Error::new(
            Kind::Forbidden,
            ErrorCode::ForeignOrigin,
            "A page of another site may not do this with your session.",
        ));
    }
    Ok(())
}

/// The configured public origin, or the very host the request was sent to. Compared as browsers write them: some programs that
/// speak like one add the default port or keep capitals.
fn same_origin(origin: &str, headers: &HeaderMap, own_origin: &str) -> bool {
    let Ok(origin) = origin.parse::<BaseUrl>() else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let scheme = if origin.is_https() { "https" } else { "http" };
    let asked = host.and_then(|host| format!("{scheme}://{host}").parse().ok());
    origin.as_str() == own_origin || asked.is_some_and(|asked: BaseUrl| asked == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_changing_requests_from_elsewhere_are_refused() {
        let own = "https://console.example";
        let cases = [
            (Method::GET, vec![("origin", "https://evil.example")], true),
            (Method::POST, vec![], true),
            (Method::POST, vec![("origin", "https://console.example")], true),
            (
                Method::POST,
                vec![("origin", "http://127.0.0.1:9"), ("host", "127.0.0.1:9")],
                true,
            ),
            (
                Method::POST,
                vec![("origin", "https://evil.example"), ("host", "console.example")],
                false,
            ),
            (Method::POST, vec![("origin", "https://Console.example:443")], true),
            (
                Method::POST,
                vec![("origin", "http://localhost:80"), ("host", "localhost")],
                true,
            ),
            (
                Method::POST,
                vec![("origin", "http://localhost"), ("host", "LOCALHOST:80")],
                true,
            ),
            (
                Method::POST,
                vec![("origin", "https://localhost"), ("host", "localhost:80")],
                false,
            ),
            (Method::POST, vec![("origin", "http://console.example")], false),
            (Method::POST, vec![("origin", "https://console.example:8443")], false),
            (
                Method::POST,
                vec![("origin", "https://console.example.evil.example")],
                false,
            ),
            (Method::POST, vec![("origin", "null")], false),
            (Method::DELETE, vec![("sec-fetch-site", "cross-site")], false),
            (Method::PUT, vec![("sec-fetch-site", "same-site")], false),
            (
                Method::PUT,
                vec![("sec-fetch-site", "same-origin"), ("origin", "https://console.example")],
                true,
            ),
        ];
        for (method, pairs, accepted) in cases {
            assert_eq!(
                check(&method, &headers(&pairs), own).is_ok(),
                accepted,
                "{method} {pairs:?}"
            );
        }
    }
}
