//! An address of this installation, as browsers write it: `scheme://host[:port]`, nothing behind it.

use std::fmt;
use std::str::FromStr;

use url::{Host, Position, Url};

/// Normalised once, as browsers do: lower case, punycode, no default port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scheme_is_written = ["http://", "https://"].iter().any(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        if !scheme_is_written {
            return Err("must be a URL that begins with http:// or https://");
        }
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a name or a password");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("must end behind the host or its port: no path, no query, no #");
        }
        let is_everywhere = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_unspecified(),
            Some(Host::Ipv6(ip)) => ip.to_canonical().is_unspecified(),
            _ => false,
        };
        if is_everywhere {
            return Err("must be where people reach this server; nobody reaches 0.0.0.0 or [::]");
        }
        Ok(Self(url[..Position::AfterPort].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_browsers_write_them() {
        let cases = [
            ("https://console.example", "https://console.example"),
            ("https://console.example/", "https://console.example"),
            ("https://console.example:443", "https://console.example"),
            ("http://console.example:80/", "http://console.example"),
            ("https://console.example:8443", "https://console.example:8443"),
            ("http://console.example:443", "http://console.example:443"),
            ("HTTPS://Console.EXAMPLE", "https://console.example"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://127.1", "http://127.0.0.1"),
        ];
        for (text, normal) in cases {
            assert_eq!(
                text.parse::<BaseUrl>().map(|url| url.0),
                Ok(normal.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_address_is_refused() {
        for text in [
            "",
            "console.example",
            "console.example:8080",
            "ftp://console.example",
            "https://",
            "https:/console.example",
            "https:console.example",
            "https://console.example/inventiv",
            "https://console.example?x=1",
            "https://console.example/#top",
            "https://me@console.example",
            "https://me:secret@console.example",
            "https://console.example:99999",
            "https://a b.example",
            "http://0.0.0.0:8080",
            "http://0",
            "http://[::]:8080",
            "http://[::ffff:0.0.0.0]",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }
}
