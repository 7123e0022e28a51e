//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

const SECURE_NAME: &str = "__Host-inventiv_session";
const PLAIN_NAME: &str = "inventiv_session";

/// Over https the cookie is bound to the host and marked secure; over plain http (a laptop) browsers would drop it.
fn name(secure: bool) -> &'static str {
    if secure { SECURE_NAME } else { PLAIN_NAME }
}

/// The session token among the request's cookies. Over https only the bound name counts: another host of the domain could have
/// planted the other.
pub fn read(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let wanted = name(secure);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// Sets the cookie for as long as the session may live.
pub fn set(token: &str, secure: bool, max_age_seconds: i64) -> HeaderValue {
    write(token, secure, max_age_seconds)
}

/// Makes the browser forget it.
pub fn clear(secure: bool) -> HeaderValue {
    write("", secure, 0)
}

fn write(value: &str, secure: bool, max_age: i64) -> HeaderValue {
    let secure_attribute = if secure { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure_attribute}",
        name(secure)
    );
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
