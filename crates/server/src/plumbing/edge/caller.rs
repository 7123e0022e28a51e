//! Who is calling, and over what: the peer itself, or what reverse proxies that we trust say of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, HeaderName, header};

use crate::plumbing::config::{Config, Network};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who really sent a request. `peer` is who opened the connection.
///
/// Each proxy appends the address it was called from, so the list is walked from its end, through our own proxies, to the first
/// address that is none of them: what stands before it was made up by whom it names. An entry that can't be read ends the walk
/// at the peer. Where all are our proxies, one of them asked by itself: the outermost.
pub fn client_address(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    for entry in list(headers, &FORWARDED_FOR).into_iter().rev() {
        let Some(address) = address(entry) else { return peer };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// Does the browser speak https to us, directly or through a trusted proxy?
pub fn is_https(config: &Config, peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let is_trusted = |peer: IpAddr| config.trusted_proxies.iter().any(|network| network.contains(peer));
    let public = config.public_url.as_ref();
    // The outermost proxy, which is the one that browsers speak to, wrote first.
    let forwarded = || {
        list(headers, &FORWARDED_PROTO)
            .first()
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https"))
    };
    public.is_some_and(|url| url.is_https()) || (peer.is_some_and(is_trusted) && forwarded())
}

/// `scheme://authority` under which this very browser reaches us, for what is bound to a host name: the public origin where a
/// public URL is configured, else what the request names.
pub fn origin(config: &Config, secure: bool, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match host.filter(|_| config.public_url.is_none()) {
        Some(host) if secure => format!("https://{host}"),
        Some(host) => format!("http://{host}"),
        None => config.public_origin(),
    }
}

/// Says once in the life of the process that somebody who is not listed speaks like a proxy: without the list, everybody behind it
/// looks like one caller.
pub fn notice_unlisted_proxy(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) {
    static NOTICED: AtomicBool = AtomicBool::new(false);
    let forwards = headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED_PROTO);
    let peer = peer.to_canonical();
    if !forwards || trusted.iter().any(|network| network.contains(peer)) {
        return;
    }
    if !NOTICED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            %peer,
            "a request carries X-Forwarded headers from an address that is not among the trusted proxies; they are ignored. If that \
             is your reverse proxy, start with --trusted-proxies {peer} (or INVENTIV_TRUSTED_PROXIES={peer})"
        );
    }
}

/// The elements of a header that is a list, all its lines joined.
fn list<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
        .collect()
}

/// An address as proxies write it: bare, with a port, in brackets, in quotes, with the zone of its interface.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let zoned = || zoneless(text)?.parse().ok();
    let address: IpAddr = text.parse().ok().or_else(with_port).or_else(bracketed).or_else(zoned)?;
    Some(address.to_canonical())
}

/// `fe80::1%eth0` and `[fe80::1%eth0]:80` without the zone, which means something on the proxy's machine only.
fn zoneless(text: &str) -> Option<&str> {
    let (address, zone) = text.split_once('%')?;
    let address = match address.strip_prefix('[') {
        Some(address) => {
            let (_, port) = zone.split_once(']')?;
            let port = port.strip_prefix(':').unwrap_or("0");
            port.parse::<u16>().is_ok().then_some(address)?
        }
        None => address,
    };
    address.contains(':').then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), axum::http::HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn client(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let headers = headers(FORWARDED_FOR, &lines);
        client_address(&networks(trusted), peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_walk_goes_from_the_end_through_our_own_proxies() {
        let proxies = ["127.0.0.1", "::1", "10.0.0.0/8"];
        let cases: &[(&str, &[&str], &str)] = &[
            // Nobody forwards.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("198.51.100.1", &[], "198.51.100.1"),
            // A stranger who pretends.
            ("198.51.100.1", &["6.6.6.6"], "198.51.100.1"),
            // One proxy, in one line or, as HAProxy does it, in a line of its own behind the client's.
            ("127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["6.6.6.6,5.5.5.5", "4.4.4.4 ,203.0.113.7"], "203.0.113.7"),
            // Two proxies.
            ("127.0.0.1", &["6.6.6.6, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
            ("10.0.0.9", &["6.6.6.6", "203.0.113.7", "10.1.2.3"], "203.0.113.7"),
            // Every form of an address.
            ("127.0.0.1", &["6.6.6.6, 203.0.113.7:4711"], "203.0.113.7"),
            ("127.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("127.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("127.0.0.1", &["\"[2001:db8::7]:4711\""], "2001:db8::7"),
            ("127.0.0.1", &["\"203.0.113.7\""], "203.0.113.7"),
            ("127.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["[::ffff:203.0.113.7]:80"], "203.0.113.7"),
            ("127.0.0.1", &["fe80::7%eth0"], "fe80::7"),
            ("127.0.0.1", &["[fe80::7%eth0]:80"], "fe80::7"),
            ("127.0.0.1", &["[fe80::7%25eth0]"], "fe80::7"),
            // A peer that came over IPv6 to a listener for both.
            ("::ffff:127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:198.51.100.1", &["6.6.6.6"], "198.51.100.1"),
            ("::1", &["6.6.6.6, 203.0.113.7, ::ffff:10.0.0.1"], "203.0.113.7"),
            // Lists may have empty elements.
            ("127.0.0.1", &["203.0.113.7, ", ""], "203.0.113.7"),
            // What can't be read ends the walk.
            ("127.0.0.1", &["6.6.6.6, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, _hidden"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.7:port"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.7:99999"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, 203.0.113.7%eth0"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, [2001:db8::7%eth0]:x"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, client.example"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6 203.0.113.7"], "127.0.0.1"),
            ("127.0.0.1", &["unknown, 10.1.2.3"], "127.0.0.1"),
            ("127.0.0.1", &["unknown, 203.0.113.7"], "203.0.113.7"),
            // All are ours.
            ("127.0.0.1", &["10.0.0.7, 10.0.0.1"], "10.0.0.7"),
        ];
        for (peer, lines, right) in cases {
            assert_eq!(client(&proxies, peer, lines), *right, "{peer} {lines:?}");
        }
        assert_eq!(client(&[], "127.0.0.1", &["203.0.113.7"]), "127.0.0.1");
        let odd = headers(FORWARDED_FOR, &[b"203.0.113.7, \xff"]);
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(client_address(&networks(&proxies), peer, &odd), peer);
    }

    #[test]
    fn the_outermost_proxy_says_whether_it_is_https() {
        let mut config = Config::from_flags(&[]).unwrap();
        config.trusted_proxies = networks(&["127.0.0.1"]);
        let cases: &[(&str, &[&str], bool)] = &[
            ("127.0.0.1", &["https"], true),
            ("127.0.0.1", &["HTTPS"], true),
            ("127.0.0.1", &["https, http"], true),
            ("127.0.0.1", &["https,http"], true),
            ("127.0.0.1", &["https", "http"], true),
            ("::ffff:127.0.0.1", &["https"], true),
            ("127.0.0.1", &["http"], false),
            ("127.0.0.1", &["http, https"], false),
            ("127.0.0.1", &[], false),
            ("127.0.0.1", &["httpsx"], false),
            ("198.51.100.1", &["https"], false),
        ];
        for (peer, lines, right) in cases {
            let written: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            let said = is_https(&config, peer.parse().ok(), &headers(FORWARDED_PROTO, &written));
            assert_eq!(said, *right, "{peer} {lines:?}");
        }
        config.public_url = "https://console.example".parse().ok();
        assert!(is_https(&config, None, &HeaderMap::new()));
    }
}
